"""Pipeline: a graph of steps with explicit inputs, outputs and resource requests, as a desired result."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import API_VERSION, Atomic, Description, Image, Json, Model
from penstock.api.conditions import Condition, Message, Reason, Timestamp
from penstock.api.containers import RunOptions
from penstock.api.durations import Duration
from penstock.api.rules import Rule, Rules, Unique, name_rule
from penstock.api.step import StepTemplate
from penstock.api.storage import STORAGE_CHANGES, Storage
from penstock.api.usage import Usage
from penstock.api.wiring import Parameter, PipelineOutput


class OnFailure(StrEnum):
    """What happens to the rest when a step fails."""

    STOP = "Stop"
    CONTINUE = "Continue"
    UNDO = "Undo"


class Defaults(RunOptions):
    """Settings that apply where a step is silent."""

    image: Image | None = None
    """Container image, or `$(params.NAME)`."""


QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=63)]


class PipelineSpec(Model):
    """The desired result."""

    rules: ClassVar[Rules] = (
        Rule(
            message="names are unique over steps and finally; rename the step of finally that takes a name twice",
            holds=lambda spec: not {step.name for step in spec.steps} & {step.name for step in spec.finally_ or ()},
            at="finally",
        ),
    )

    description: Description | None = None
    """Free text."""
    params: Annotated[list[Parameter] | None, Field(max_length=64), Unique("name")] = None
    """Parameters with their values."""
    steps: Annotated[list[StepTemplate], Field(min_length=1, max_length=512), Unique("name")]
    """The steps; their order in the list does not matter."""
    finally_: Annotated[list[StepTemplate] | None, Field(alias="finally", max_length=64), Unique("name")] = None
    """Steps that run at the end whatever the outcome; they see every step's status and outputs."""
    outputs: Annotated[list[PipelineOutput] | None, Field(max_length=64), Unique("name")] = None
    """Results shown in `status.outputs`."""
    defaults: Defaults | None = None
    """Settings used where a step is silent."""
    storage: Storage | None = None
    """Where artifacts live."""
    parallelism: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """Most steps running at once."""
    priority: Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)] = 0
    """Higher goes first."""
    queue_name: QueueName | None = None
    """LocalQueue of Kueue to hand Jobs to: they are created suspended, and Penstock admits nothing itself."""
    on_failure: OnFailure = OnFailure.STOP
    """`Stop`: nothing new starts; `Continue`: independent branches go on; `Undo`: stop, then undo."""
    suspend: bool = False
    """Nothing new starts; running steps finish."""
    cancel: bool = False
    """Delete running Jobs, run `finally`, end as Cancelled."""
    timeout: Duration | None = None
    """Time from the first start; then running Jobs are deleted and the Pipeline fails."""
    ttl_after_finished: Duration | None = None
    """Delete the Pipeline this long after its end."""
    history_limit: Annotated[int, Field(ge=1, le=50)] = 5
    """Number of past revisions and of results per step that are kept."""


Count = Annotated[int, Field(ge=0)]


class PipelinePhase(StrEnum):
    """Where a Pipeline is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    UNDOING = "Undoing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    INVALID = "Invalid"


class Problem(Model):
    """One thing wrong with the manifest."""

    path: Annotated[str, StringConstraints(max_length=1024)]
    """Where, such as `spec.steps[3].inputs[0].from`."""
    reason: Reason
    """What kind of problem, as one word."""
    message: Message
    """What is wrong and how to put it right."""


class FailedStep(Model):
    """A step that failed."""

    name: Annotated[str, StringConstraints(max_length=253)]
    """Path of the step."""
    reason: Reason | None = None
    """Why, as one word."""
    message: Message | None = None
    """Why, as a sentence."""


class Revision(Model):
    """A past revision."""

    revision: Count
    """Its number."""
    generation: Count
    """Generation of the Pipeline it began with."""
    phase: PipelinePhase | None = None
    """How it ended."""
    time: Timestamp | None = None
    """When it began."""
    ran: Count | None = None
    """Steps that ran."""
    reused: Count | None = None
    """Steps whose result was reused."""


class PipelineStatus(Model):
    """What the operator knows of a Pipeline. Each step's state is in its Step object."""

    phase: PipelinePhase = PipelinePhase.PENDING
    """Where the Pipeline is in its life."""
    reason: Reason | None = None
    """Why, as one word."""
    message: Message | None = None
    """Why, as a sentence."""
    progress: Annotated[str | None, StringConstraints(max_length=32)] = None
    """Ended steps of all known steps, such as `3/7`."""
    counts: Annotated[dict[str, Count] | None, Field(max_length=16), Atomic] = None
    """Steps per phase."""
    critical_path: Annotated[str | None, StringConstraints(max_length=4096)] = None
    """The chain of steps that decides the end, if all steps find room; absent if a duration is not known."""
    eta: Timestamp | None = None
    """Estimated end, from the durations known at the start and if all steps find room; absent if one is not known,
    and once it has ended."""
    outputs: Annotated[dict[str, Json] | None, Field(max_length=64), Atomic] = None
    """Results named by `spec.outputs`."""
    failed_steps: Annotated[list[FailedStep] | None, Field(max_length=10)] = None
    """The first ten failed steps."""
    problems: Annotated[list[Problem] | None, Field(max_length=50)] = None
    """What is wrong with an Invalid spec, first 50."""
    duration: Annotated[str | None, StringConstraints(max_length=32)] = None
    """Time from start to end, written at the end."""
    usage: Annotated[list[Usage] | None, Field(max_length=64), Unique("resource")] = None
    """For how long its Steps held GPUs and other extended resources, over all attempts that ended."""
    revision: Count | None = None
    """Number of the current revision."""
    round: Count | None = None
    """Counts up each time an ended Pipeline goes on: after an edit or a rerun."""
    rerun: Annotated[str | None, StringConstraints(max_length=253)] = None
    """The rerun token last acted on."""
    collected: Count | None = None
    """The round after which unreferenced artifacts were last deleted."""
    fingerprint: Annotated[str | None, StringConstraints(max_length=71)] = None
    """Digest of all steps' fingerprints; a change of it begins a revision."""
    history: Annotated[list[Revision] | None, Field(max_length=50)] = None
    """Past revisions, newest first."""
    start_time: Timestamp | None = None
    """When the first step of the round started."""
    suspended_seconds: Count | None = None
    """Seconds since the start in which it was suspended, or its spec wrong; they count for no timeout."""
    completion_time: Timestamp | None = None
    """When the Pipeline ended."""
    observed_generation: Annotated[int | None, Field(ge=0)] = None
    """Generation that this status was computed from."""
    conditions: Annotated[list[Condition] | None, Field(max_length=16), Unique("type")] = None
    """Accepted, Progressing, Finished, Complete, Failed, Suspended, Undone, Late, Rerun (False if it named no step)."""


class Pipeline(Model):
    """A graph of containerized steps with explicit inputs, outputs and resource requests."""

    rules: ClassVar[Rules] = (
        name_rule(
            63, "a Pipeline's name must be a DNS label: lower-case letters, digits, dashes; at most 63 characters"
        ),
        *STORAGE_CHANGES,
    )

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["Pipeline"] = "Pipeline"
    metadata: dict[str, Json]
    """Standard object metadata."""
    spec: PipelineSpec
    """The desired result."""
    status: PipelineStatus = PipelineStatus()
    """What the operator knows of the Pipeline."""
