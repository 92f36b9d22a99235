"""Settings of the operator, from one YAML file. Unknown keys are refused."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


class SettingsError(Exception):
    """A settings file that cannot be used; the message says where and why."""


class NeverFits(StrEnum):
    """What happens to a step that fits no node even when all is idle."""

    FAIL = "Fail"
    WAIT = "Wait"


class LogFormat(StrEnum):
    """How log lines are written."""

    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """The least severe lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseModel):
    """What an administrator decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    namespaces: tuple[str, ...] = ()
    """Namespaces to watch; none means all."""
    catalogue_namespaces: tuple[str, ...] = ()
    """Namespaces whose Components any Pipeline may refer to."""
    never_fits: NeverFits = NeverFits.FAIL
    """What happens to a step that fits no node even when all is idle."""
    capacity: dict[str, str | int | float] | None = None
    """Most that the steps of all Pipelines may hold together, by resource; no limit of its own if absent."""
    courier_image: Annotated[str, Field(min_length=1)] = "localhost/penstock:dev"
    """Image of the containers that move artifacts from and to an object store: the operator's own."""
    api_concurrency: Annotated[int, Field(ge=1, le=1024)] = 64
    """API requests in flight at most."""
    resync_seconds: Annotated[int, Field(ge=5, le=86_400)] = 300
    """Seconds between two comparisons of all that is known with all that exists."""
    leader_election: bool = True
    """Whether one replica acts at a time, by a Lease."""
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.JSON


def load(path: Path) -> Settings:
    """The settings in a file; raises SettingsError with everything that is wrong with it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; give the file with --settings") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {error}") from error
    try:
        return Settings.model_validate({} if document is None else document)
    except ValidationError as error:
        found = (f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors())
        raise SettingsError(f"{path}: {'; '.join(found)}") from error
