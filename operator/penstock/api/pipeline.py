"""Pipeline: a graph of steps with explicit inputs, outputs and resource requests, as a desired result."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import API_VERSION, Description, DnsSubdomain, Image, Json, Model
from penstock.api.conditions import Condition, Message, Reason, Timestamp
from penstock.api.containers import RunOptions
from penstock.api.durations import Duration
from penstock.api.step import StepTemplate
from penstock.api.wiring import Parameter, PipelineOutput


class OnFailure(StrEnum):
    """What happens to the rest when a step fails."""

    STOP = "Stop"
    CONTINUE = "Continue"
    UNDO = "Undo"


class Defaults(RunOptions):
    """Settings that apply where a step is silent."""

    image: Image | None = None
    """Container image."""


AccessMode = Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]


class Claim(Model):
    """A PersistentVolumeClaim that the operator creates and owns."""

    size: Annotated[str | int, Field(union_mode="left_to_right")]
    """Size, as a quantity."""
    storage_class_name: DnsSubdomain | None = None
    """StorageClass; the cluster's default if absent."""
    access_modes: Annotated[list[AccessMode] | None, Field(min_length=1, max_length=3)] = None
    """Access modes; ReadWriteOnce if absent."""


class Storage(Model):
    """Where artifacts live: exactly one of its fields."""

    claim: Claim | None = None
    """A claim that the operator creates and that goes with the Pipeline."""
    claim_name: DnsSubdomain | None = None
    """An existing claim; artifacts in it outlive the Pipeline."""


class PipelineSpec(Model):
    """The desired result."""

    description: Description | None = None
    """Free text."""
    params: Annotated[list[Parameter] | None, Field(max_length=64)] = None
    """Parameters with their values."""
    steps: Annotated[list[StepTemplate], Field(min_length=1, max_length=512)]
    """The steps; their order in the list does not matter."""
    finally_: Annotated[list[StepTemplate] | None, Field(alias="finally", max_length=64)] = None
    """Steps that run at the end whatever the outcome; they see every step's status and outputs."""
    outputs: Annotated[list[PipelineOutput] | None, Field(max_length=64)] = None
    """Results shown in `status.outputs`."""
    defaults: Defaults | None = None
    """Settings used where a step is silent."""
    storage: Storage | None = None
    """Where artifacts live."""
    parallelism: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """Most steps running at once."""
    priority: Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)] = 0
    """Higher goes first."""
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

    revision: int
    """Its number."""
    generation: int
    """Generation of the Pipeline it began with."""
    phase: PipelinePhase | None = None
    """How it ended."""
    time: Timestamp | None = None
    """When it began."""
    ran: int | None = None
    """Steps that ran."""
    reused: int | None = None
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
    counts: Annotated[dict[str, int] | None, Field(max_length=16)] = None
    """Steps per phase."""
    critical_path: Annotated[str | None, StringConstraints(max_length=4096)] = None
    """The chain of steps that decides the end."""
    eta: Timestamp | None = None
    """Estimated end."""
    outputs: Annotated[dict[str, Json] | None, Field(max_length=64)] = None
    """Results named by `spec.outputs`."""
    failed_steps: Annotated[list[FailedStep] | None, Field(max_length=10)] = None
    """The first ten failed steps."""
    problems: Annotated[list[Problem] | None, Field(max_length=50)] = None
    """What is wrong with an Invalid spec, first 50."""
    duration: Annotated[str | None, StringConstraints(max_length=32)] = None
    """Time from start to end, written at the end."""
    revision: int | None = None
    """Number of the current revision."""
    round: int | None = None
    """Counts up each time an ended Pipeline goes on: after an edit or a rerun."""
    rerun: Annotated[str | None, StringConstraints(max_length=253)] = None
    """The rerun token last acted on."""
    history: Annotated[list[Revision] | None, Field(max_length=50)] = None
    """Past revisions, newest first."""
    start_time: Timestamp | None = None
    """When the first step of the round started."""
    completion_time: Timestamp | None = None
    """When the Pipeline ended."""
    observed_generation: Annotated[int | None, Field(ge=0)] = None
    """Generation that this status was computed from."""
    conditions: Annotated[list[Condition] | None, Field(max_length=16)] = None
    """Accepted, Progressing, Finished, Complete, Failed, Suspended, Undone."""


class Pipeline(Model):
    """A graph of containerized steps with explicit inputs, outputs and resource requests."""

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["Pipeline"] = "Pipeline"
    metadata: dict[str, Json]
    spec: PipelineSpec
    status: PipelineStatus = PipelineStatus()
