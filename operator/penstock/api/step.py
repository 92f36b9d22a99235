"""Step: one containerized piece of work. StepTemplate is how a Pipeline writes it, Step is the object that runs."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import (
    API_VERSION,
    PATH_REFERENCE,
    Atomic,
    Description,
    DnsLabel,
    DnsSubdomain,
    Expression,
    Json,
    Model,
)
from penstock.api.conditions import Condition, Message, Reason, Timestamp
from penstock.api.containers import RunOptions, StepContainerFields, Undo
from penstock.api.durations import Duration
from penstock.api.rules import Rule, Rules, Unique, excludes, name_rule, requires_one
from penstock.api.runs import ArtifactPlace, Attempt, Contents, Digest, Result, UndoStatus
from penstock.api.usage import Allocation, CountedAttempt, Usage
from penstock.api.wiring import After, ForEach, Input, Output, OutputType

CONTAINER = ("image", "command", "args", "script", "interpreter", "env", "envFrom", "workingDir")
"""The fields that make a container."""


def _runs_nothing(unless: str = "") -> Rule:
    others = (*CONTAINER, "outputs", "resources", "retry", "pod", "replicas", "duration", "startTimeout", "undo")
    return excludes("approval", *others, why="an approval runs nothing", unless=unless)


class OnError(StrEnum):
    """What a failed step does to its Pipeline."""

    FAIL = "Fail"
    CONTINUE = "Continue"


class Cache(StrEnum):
    """Which held results of a step count as done."""

    REUSE = "Reuse"
    LAST_RUN = "LastRun"
    NEVER = "Never"


class ComponentReference(Model):
    """The Component that a step runs."""

    name: DnsSubdomain
    """Name of the Component."""
    namespace: DnsLabel | None = None
    """Namespace of a catalogue that the operator's settings list; the Pipeline's own if absent."""


class Approval(Model):
    """A step that runs nothing and waits for somebody to approve it."""

    message: Description
    """What is asked."""
    timeout: Duration | None = None
    """Longest wait for a decision, such as `24h`; then the step fails with ApprovalTimedOut. Forever if absent."""


class StepBehaviour(StepContainerFields, RunOptions):
    """What a step of a Pipeline and a Step on its own have in common."""

    approval: Approval | None = None
    """Wait for an approval instead of running a container."""
    outputs: Annotated[list[Output] | None, Field(max_length=64), Unique("name")] = None
    """Named, typed results, such as `{name: accuracy, type: Number}`.

    Values are written as one JSON object to the file named by `$PENSTOCK_OUTPUTS` (at most 4,096 bytes), an Artifact
    to the path in `$OUTPUT_<NAME>`.
    """
    replicas: Annotated[int | None, Field(ge=1, le=1024)] = None
    """Pods of this step that must run together, all or none."""
    duration: Duration | None = None
    """The author's estimate of the run time, such as `10m`; learned durations replace it."""
    start_timeout: Duration | None = None
    """Time until the container starts (image, admission, volumes); 10m if absent."""
    on_error: OnError = OnError.FAIL
    """`Continue`: the step stays Failed but the Pipeline does not fail by it, and `needs` on it is met."""
    cache: Cache | None = None
    """`Reuse`: any held result counts; `LastRun`: only the latest run's; `Never`: runs once per revision.

    If absent, what the Component says; else `Reuse`.
    """
    undo: Undo | None = None
    """What takes the step's effect back when the Pipeline fails under `onFailure: Undo`."""


class StepTemplate(StepBehaviour):
    """One step of a Pipeline or of a Component's graph."""

    rules: ClassVar[Rules] = (
        _runs_nothing(),
        excludes("component", *CONTAINER, "approval", "outputs", "undo", why="the Component says what runs"),
        Rule(
            message="a step cannot need itself; remove its own name from needs",
            holds=lambda step: step.name not in (step.needs or ()),
            cel="!has(self.needs) || !(self.name in self.needs)",
            at="needs",
        ),
        Rule(
            message="a step cannot come after itself; name another step",
            holds=lambda step: all(after.step != step.name for after in step.after or ()),
            cel="!has(self.after) || !self.after.exists(after, after.step == self.name)",
            at="after",
        ),
        Rule(
            message="a step cannot read its own output; name an output of another step in `from`",
            holds=lambda step: all((i.from_ or "").partition(".")[0] != step.name for i in step.inputs or ()),
            cel="!has(self.inputs) || !self.inputs.exists(input, "
            "has(input.from) && input.from.startsWith(self.name + '.'))",
            at="inputs",
        ),
    )

    name: DnsLabel
    """Name, unique within the graph: a DNS label, such as `train`."""
    component: ComponentReference | None = None
    """Component to run instead of an inline container, such as `{name: double}`."""
    inputs: Annotated[list[Input] | None, Field(max_length=64), Unique("name")] = None
    """Values and artifacts that the step reads, each as `INPUT_<NAME>`, such as `{name: rows, from: prepare.rows}`."""
    needs: Annotated[list[DnsLabel] | None, Field(max_length=64), Unique()] = None
    """Steps that must succeed first; `from` implies it."""
    after: Annotated[list[After] | None, Field(max_length=64), Unique("step")] = None
    """Steps that must have ended in a given way first."""
    when: Expression | None = None
    """Run only if this CEL expression is true; false means Skipped.

    Such as `steps.train.outputs.accuracy >= params.minAccuracy`. With `forEach` it is asked for each instance, and
    `each.VARIABLE` is what that one has.
    """
    for_each: ForEach | None = None
    """Run once per combination of values, such as `{vars: [{name: depth, values: [1, 2]}]}`."""


class StepPhase(StrEnum):
    """Where a Step is in its life."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    RETRYING = "Retrying"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"
    CANCELLED = "Cancelled"


StepPath = Annotated[str, StringConstraints(max_length=253)]


BoundReference = Annotated[str, StringConstraints(pattern=PATH_REFERENCE, max_length=253)]


class BoundInput(Input):
    """An input of a Step object: `from` may lead through composite components (`a.second.result`)."""

    from_: Annotated[
        str | None,
        Field(alias="from"),
        StringConstraints(pattern=PATH_REFERENCE, max_length=253),
    ] = None
    """`step.output`; only on Steps that a Pipeline owns."""
    first_of: Annotated[list[BoundReference] | None, Field(max_length=16)] = None
    """Several of them, of which the first that there is counts; only on Steps that a Pipeline owns."""


class StepSpec(StepBehaviour):
    """The resolved step. The last four fields are written by the operator on Steps that a Pipeline owns.

    A fingerprint marks a Step that a Pipeline owns: without that owner nobody runs it. One without stands alone.
    """

    rules: ClassVar[Rules] = (
        requires_one("image", "approval"),
        _runs_nothing(unless="fingerprint"),
        Rule(
            message="a Step on its own takes literal values only; give each input a `value`, or use a Pipeline",
            holds=lambda spec: spec.is_set("fingerprint") or all(i.is_set("value") for i in spec.inputs or ()),
            cel="has(self.fingerprint) || !has(self.inputs) || !self.inputs.exists(input, "
            "has(input.from) || has(input.param) || has(input.firstOf) || has(input.each) || has(input.expr))",
            at="inputs",
        ),
        Rule(
            message="a Step on its own has no place for artifacts; declare value outputs, or use a Pipeline",
            holds=lambda spec: (
                spec.is_set("fingerprint") or all(output.type != OutputType.ARTIFACT for output in spec.outputs or ())
            ),
            cel="has(self.fingerprint) || !has(self.outputs) || "
            "!self.outputs.exists(output, output.type == 'Artifact')",
            at="outputs",
        ),
        Rule(
            message="dependsOn, undo, cache and onError have a meaning only within a Pipeline; remove them",
            holds=lambda spec: (
                spec.is_set("fingerprint")
                or not any(spec.is_set(name) for name in ("dependsOn", "undo", "cache", "onError"))
            ),
            cel="has(self.fingerprint) || "
            "!(has(self.dependsOn) || has(self.undo) || has(self.cache) || has(self.onError))",
        ),
    )

    inputs: Annotated[list[BoundInput] | None, Field(max_length=64), Unique("name")] = None
    """Values the step reads; on a Step of one's own only literal values."""
    depends_on: Annotated[list[StepPath] | None, Field(max_length=10_000)] = None
    """Paths of the steps that this one waits for."""
    fingerprint: Digest | None = None
    """Digest of what determines the result."""
    min_run: Annotated[int | None, Field(ge=1)] = None
    """Results of runs before this one were dropped by a rerun."""
    rerun: Annotated[str | None, StringConstraints(max_length=253)] = None
    """The rerun token last acted on."""


class ApprovalStatus(Model):
    """Who decided, and when."""

    by: Annotated[str, StringConstraints(max_length=253)]
    """Name given in the annotation."""
    at: Timestamp
    """When the operator saw it."""
    approved: bool
    """False if it was rejected."""


class LearnedDurations(Model):
    """How long the step took lately, for planning."""

    family: Digest
    """Digest of what the step runs and on what; steps with the same one take about as long."""
    seconds: Annotated[list[float], Field(max_length=10)]
    """Run times of the latest attempts that succeeded, newest first."""


class StepStatus(Model):
    """What the operator knows of a Step."""

    phase: StepPhase = StepPhase.PENDING
    """Where the Step is in its life."""
    reason: Reason | None = None
    """Why, as one word."""
    message: Message | None = None
    """Why, as a sentence."""
    conditions: Annotated[list[Condition] | None, Field(max_length=16), Unique("type")] = None
    """Finished, Complete, Failed, Undone."""
    observed_generation: Annotated[int | None, Field(ge=0)] = None
    """Generation of the Step that this status was computed from."""
    run: Annotated[int | None, Field(ge=0)] = None
    """Run that the outcome belongs to."""
    last_run: Annotated[int | None, Field(ge=0)] = None
    """The latest run that has ended."""
    fingerprint: Digest | None = None
    """Fingerprint that the outcome belongs to."""
    producers: Digest | None = None
    """Digest of the producers' runs that the outcome was made from."""
    round: Annotated[int | None, Field(ge=0)] = None
    """Round of the Pipeline in which the outcome was reached."""
    revision: Annotated[int | None, Field(ge=0)] = None
    """Revision of the Pipeline in which the run began."""
    failures: Annotated[int | None, Field(ge=0)] = None
    """Failed attempts of the current run that count against the retry limit."""
    retry_time: Timestamp | None = None
    """When the next attempt may start."""
    attempts: Annotated[list[Attempt] | None, Field(max_length=20)] = None
    """Attempts of the current run, newest last."""
    attempt: Annotated[int | None, Field(ge=1)] = None
    """Number of the latest attempt."""
    job: Annotated[str | None, StringConstraints(max_length=63)] = None
    """Job of the latest attempt."""
    node: Annotated[str | None, StringConstraints(max_length=253)] = None
    """Node of the latest attempt."""
    disruptions: Annotated[int | None, Field(ge=0)] = None
    """Attempts of the current run lost to eviction, node loss or preemption."""
    outputs: Annotated[dict[str, Json] | None, Field(max_length=64), Atomic] = None
    """Value outputs by name."""
    artifacts: Annotated[dict[str, ArtifactPlace] | None, Field(max_length=64), Atomic] = None
    """Artifact outputs: where each is stored."""
    contents: Annotated[dict[str, Contents] | None, Field(max_length=64), Atomic] = None
    """Of each artifact that was read when it was published: its SHA-256 and its size."""
    results: Annotated[list[Result] | None, Field(max_length=50)] = None
    """Results held for reuse, newest first."""
    ready_time: Timestamp | None = None
    """Since when the run waited for nothing but its turn: all that it depends on had ended."""
    start_time: Timestamp | None = None
    """When the first attempt of the run was launched, or an approval was asked for."""
    completion_time: Timestamp | None = None
    """When the Step ended."""
    learned: LearnedDurations | None = None
    """Durations learned from past attempts."""
    usage: Annotated[list[Usage] | None, Field(max_length=16), Unique("resource")] = None
    """For how long GPUs and other extended resources were held, over all attempts that ended since the Step exists."""
    counted: CountedAttempt | None = None
    """The latest attempt that `usage` counts."""
    allocation: Allocation | None = None
    """What the attempt under way holds of extended resources."""
    approval: ApprovalStatus | None = None
    """The decision on an approval step."""
    undo: UndoStatus | None = None
    """How the undo went."""


class Step(Model):
    """One containerized piece of work, run as a Job."""

    rules: ClassVar[Rules] = (
        name_rule(
            63,
            "the name of a Step on its own must be a DNS label (lower-case letters, digits, dashes; at most 63); "
            "names with dots belong to the Steps of Pipelines",
            holds_for=lambda step: not step.spec.is_set("fingerprint"),
            unless="has(self.spec.fingerprint)",
        ),
    )

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["Step"] = "Step"
    metadata: dict[str, Json]
    """Standard object metadata."""
    spec: StepSpec
    """What runs, with what and on what."""
    status: StepStatus = StepStatus()
    """What the operator knows of the Step."""
