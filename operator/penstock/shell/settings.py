"""Settings of the operator, from one YAML file. Unknown keys are refused."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from penstock.core.admission.observed_capacity import amounts
from penstock.core.admission.policies import POLICIES


class SettingsError(Exception):
    """A settings file that cannot be used; the message says where and why."""


class NeverFits(StrEnum):
    """What happens to a step that fits no node even when all is idle."""

    FAIL = "Fail"
    WAIT = "Wait"


PolicyName = Annotated[str, Field(pattern=f"^({'|'.join(POLICIES)})$")]
"""Name of a scheduling policy."""


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


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Watch(_Section):
    """Beyond what the condition Late and a Warning Event say that somebody should look."""

    overdue_factor: Annotated[float, Field(ge=1)] = 3.0
    """A step or Pipeline is overdue when it takes so many times what it is expected to take,"""
    overdue_seconds: Annotated[float, Field(ge=0)] = 300.0
    """and takes longer than expected by at least so much."""
    stalled_seconds: Annotated[float, Field(ge=0)] = 1800.0
    """A queue stands still when nothing of a Pipeline has run, started or ended for so long; 0: never."""


class Notifications(_Section):
    """Where transitions are told to, as CloudEvents over HTTP."""

    url: Annotated[str, Field(pattern="^(https?://.+)?$", max_length=2048)] = ""
    """What is posted to; empty: nothing."""
    source: Annotated[str, Field(min_length=1, max_length=253)] = "/penstock"
    """Beginning of the events' `source`: it tells one cluster from another."""
    secret_file: Path | None = None
    """File with the key that signs what is sent."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Longest wait for an answer."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 8
    """Tries of one event, with growing pauses between them."""


class Settings(_Section):
    """What an administrator decides."""

    namespaces: tuple[str, ...] = ()
    """Namespaces to watch; none means all."""
    catalogue_namespaces: tuple[str, ...] = ()
    """Namespaces whose Components any Pipeline may refer to."""
    never_fits: NeverFits = NeverFits.FAIL
    """What happens to a step that fits no node even when all is idle."""
    policy: PolicyName = "planned"
    """In which order steps start when not all of them fit."""
    capacity: dict[str, str | int | float] | None = None
    """Most that the steps of all Pipelines may hold together, by resource; no limit of its own if absent."""
    courier_image: Annotated[str, Field(min_length=1)] = "localhost/penstock:dev"
    """Image of the containers that move artifacts from and to an object store: the operator's own."""
    api_concurrency: Annotated[int, Field(ge=1, le=1024)] = 64
    """API requests in flight at most; watches have connections of their own."""
    resync_seconds: Annotated[int, Field(ge=5, le=86_400)] = 300
    """Seconds between two comparisons of all that is known with all that exists."""
    watch: Watch = Watch()
    notifications: Notifications = Notifications()
    leader_election: bool = True
    """Whether one replica acts at a time, by a Lease."""
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.JSON

    @field_validator("capacity")
    @classmethod
    def _quantities(cls, given: dict[str, str | int | float] | None) -> dict[str, str | int | float] | None:
        amounts(given)
        return given


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
