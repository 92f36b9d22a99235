"""What runs: the container of a step, what it may use, and how patiently it is tried."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from penstock.api.base import ENV_NAME, Image, Model, Script, Text
from penstock.api.durations import Duration
from penstock.api.pods import PodOptions
from penstock.api.quantities import Amount, Quantity
from penstock.api.rules import Rule, Rules, Unique, at_most_one, exactly_one, excludes, requires

Argument = Text
QuantityText = Quantity
ResourceName = Annotated[str, StringConstraints(max_length=317)]
ResourceMap = Annotated[dict[ResourceName, Amount], Field(max_length=32)]


class KeySelector(Model):
    """A key of a ConfigMap or Secret."""

    name: Annotated[str, StringConstraints(max_length=253)]
    """Name of the object, or `$(params.NAME)`."""
    key: Annotated[str, StringConstraints(max_length=253)]
    """Key within it."""
    optional: bool | None = None
    """Whether it may be missing."""


class EnvSource(Model):
    """Where the value of a variable comes from: exactly one of the two."""

    rules: ClassVar[Rules] = (exactly_one("configMapKeyRef", "secretKeyRef"),)

    config_map_key_ref: KeySelector | None = None
    """A key of a ConfigMap."""
    secret_key_ref: KeySelector | None = None
    """A key of a Secret."""


RESERVED_PREFIXES = ("INPUT_", "OUTPUT_", "PENSTOCK_")
"""Variables that begin so tell a container what it is to work on."""


class EnvVar(Model):
    """An environment variable. Names that begin with `INPUT_`, `OUTPUT_` or `PENSTOCK_` are reserved."""

    rules: ClassVar[Rules] = (
        Rule(
            message="names that begin with INPUT_, OUTPUT_ or PENSTOCK_ are set by Penstock; choose another name",
            holds=lambda variable: not variable.name.startswith(RESERVED_PREFIXES),
            cel="!(" + " || ".join(f"self.name.startsWith('{prefix}')" for prefix in RESERVED_PREFIXES) + ")",
            at="name",
        ),
        at_most_one("value", "valueFrom"),
    )

    name: Annotated[str, StringConstraints(pattern=ENV_NAME, max_length=253)]
    """Name of the variable."""
    value: Annotated[str | None, StringConstraints(max_length=32768)] = None
    """Literal value; `$(NAME)` refers to an earlier variable."""
    value_from: EnvSource | None = None
    """A key of a ConfigMap or Secret instead of a literal."""


class LocalReference(Model):
    """An object of the same namespace."""

    name: Annotated[str, StringConstraints(max_length=253)]
    """Name of the object, or `$(params.NAME)`."""
    optional: bool | None = None
    """Whether it may be missing."""


class EnvFrom(Model):
    """All keys of a ConfigMap or Secret as variables: exactly one of the two."""

    rules: ClassVar[Rules] = (exactly_one("configMapRef", "secretRef"),)

    prefix: Annotated[str | None, StringConstraints(max_length=253)] = None
    """Text to put before each name."""
    config_map_ref: LocalReference | None = None
    """The ConfigMap."""
    secret_ref: LocalReference | None = None
    """The Secret."""


class Resources(Model):
    """Core ResourceRequirements: what the step needs to be scheduled, and what it may use at most.

    An amount may be a parameter: `$(params.NAME)`.
    """

    requests: ResourceMap | None = None
    """Amounts that scheduling counts: cpu, memory, nvidia.com/gpu, any extended resource."""
    limits: ResourceMap | None = None
    """Most the container may use; memory and extended resources default to the request."""


class Backoff(Model):
    """Waits between attempts: `initial`, then each `factor` times longer, up to `max`."""

    initial: Duration = "10s"
    """Wait before the first retry."""
    factor: Annotated[float, Field(ge=1, le=100)] = 2
    """Each wait is this many times the one before."""
    max: Duration = "5m"
    """Longest wait."""


class RetryReason(StrEnum):
    """Class of a failure that counts against the retry limit."""

    ERROR = "Error"
    OOM_KILLED = "OOMKilled"
    DEADLINE = "Deadline"
    START_FAILED = "StartFailed"


class MemoryGrowth(Model):
    """Ask for more memory after the container was killed for lack of it."""

    factor: Annotated[float, Field(gt=1, le=16)] = 2
    """The next attempt asks for this many times as much."""
    max: QuantityText
    """Never ask for more than this."""


ExitCode = Annotated[int, Field(ge=1, le=255)]


class Retry(Model):
    """How often and when a failed attempt is tried again. Disruptions (eviction, node loss) never count."""

    limit: Annotated[int, Field(ge=0, le=100)] = 0
    """Retries after the first attempt."""
    backoff: Backoff = Backoff()
    """Waits between attempts."""
    reasons: Annotated[list[RetryReason] | None, Field(max_length=4), Unique()] = None
    """Classes of failure to retry; all if absent."""
    no_retry_exit_codes: Annotated[list[ExitCode] | None, Field(max_length=64), Unique()] = None
    """Exit codes that end the step at once."""
    memory: MemoryGrowth | None = None
    """Growth of the memory request after OOMKilled."""


class ContainerFields(Model):
    """The container of an inline step, a Component or an undo."""

    rules: ClassVar[Rules] = (excludes("script", "command", why="a script runs in place of a command"),)

    image: Image | None = None
    """Container image, or `$(params.NAME)`. Use a digest if reuse must notice that a tag moved."""
    command: Annotated[list[Argument] | None, Field(max_length=256)] = None
    """Entrypoint, as in a core container; not with `script`."""
    args: Annotated[list[Argument] | None, Field(max_length=256)] = None
    """Arguments; with `script` they follow it. `$(INPUT_FILES[*])` is one argument for each value of a list input."""
    script: Script | None = None
    """A script; it arrives verbatim as the last element of `interpreter`, and every `$` in it is the script's own."""
    interpreter: Annotated[list[Argument] | None, Field(min_length=1, max_length=16)] = None
    """What runs the script, such as `[python3, -c]`; `[sh, -c]` if absent."""
    env: Annotated[list[EnvVar] | None, Field(max_length=128), Unique("name")] = None
    """Environment variables."""


class StepContainerFields(ContainerFields):
    """The container of a step or Component."""

    rules: ClassVar[Rules] = (requires("interpreter", "script", why="an interpreter runs a script"),)

    env_from: Annotated[list[EnvFrom] | None, Field(max_length=32)] = None
    """ConfigMaps and Secrets whose keys become variables."""
    working_dir: Annotated[str | None, StringConstraints(max_length=1024)] = None
    """Working directory of the container."""


class Undo(ContainerFields):
    """What takes a step's effect back when the Pipeline fails under `onFailure: Undo`.

    Fields left silent are the step's own. It sees the step's `INPUT_*` and, as `OUTPUT_*`, what the step produced.
    """

    retry: Retry | None = None
    """Retries of the undo itself."""
    timeout: Duration | None = None
    """Run time of each attempt; 1h if absent."""


class RunOptions(Model):
    """Where, how patiently and with what a step runs; no part of its fingerprint."""

    resources: Resources | None = None
    """Requests and limits."""
    retry: Retry | None = None
    """Retries of failed attempts."""
    timeout: Duration | None = None
    """Most run time of each attempt, such as `1h30m`; beyond it the attempt fails with Deadline."""
    pod: PodOptions | None = None
    """Further settings of the pod, from an allow-list."""
