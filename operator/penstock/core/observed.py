"""What the operator sees: small frozen views of objects, and snapshots made of them. Times are seconds since 1970."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.api import quantities
from penstock.core import labels
from penstock.core.clock import instant
from penstock.core.graph import Graph
from penstock.core.names import task_of
from penstock.core.problems import Problem
from penstock.core.scheduling.ranks import Ranks
from penstock.core.scheduling.waits import Wait
from penstock.core.values import lenient_digest

Object = Mapping[str, Any]

RUN, UNDO = "run", "undo"
"""What a Job of a Step is for: its result, or taking that back."""


@dataclass(frozen=True, slots=True)
class StepView:
    """A Step object. `path` is its place in the Pipeline's graph (`tune.3`); its own name if it stands alone.

    `pipeline` is the Pipeline of whose Steps it has the name, None if it stands alone; `owner` is the uid of the
    Pipeline that owns it. One that was made for a Pipeline and has no owner any more is an orphan: nobody runs it.
    """

    uid: str
    name: str
    namespace: str
    version: str
    generation: int
    pipeline: str | None
    owner: str | None
    path: str
    task: str
    created: float
    spec: Object
    """The spec of a Step that stands alone; of others only the digest is kept."""
    spec_digest: str
    fingerprint: str
    min_run: int
    rerun: str
    status: Object
    deleting: bool = False
    approved_by: str | None = None
    rejected_by: str | None = None

    @property
    def decided(self) -> bool:
        """Whether somebody's decision on an approval is written on it."""
        return bool(self.approved_by or self.rejected_by)


@dataclass(frozen=True, slots=True)
class JobView:
    """A Job of one attempt. `finished`: its terminal condition, Complete, Failed or None. `gone`: it was deleted."""

    uid: str
    name: str
    namespace: str
    version: str
    step: str
    run: int
    attempt: int
    purpose: str
    fingerprint: str
    producers: str
    revision: int
    round: int
    created: float
    completions: int = 1
    finished: str | None = None
    finished_at: float | None = None
    reason: str = ""
    message: str = ""
    deleting: bool = False
    suspended: bool = False
    resumed: float | None = None
    """When the Job controller last began to run it: at its creation, or when it was unsuspended."""
    reserved: float | None = None
    """Since when what its pods ask for is theirs: its creation, or when it was unsuspended; None while suspended."""
    gone: bool = False
    devices: tuple[tuple[str, int], ...] = ()
    """Extended resources that one pod of it asks for, such as `(("nvidia.com/gpu", 2),)`."""


@dataclass(frozen=True, slots=True)
class ContainerView:
    """How far a container got that moves artifacts."""

    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod of a Job: how far it got, and in the cluster's own words what holds it up or ended it."""

    uid: str
    name: str
    namespace: str
    version: str
    job: str
    phase: str
    index: int = 0
    node: str | None = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    waiting: str = ""
    disrupted: str = ""
    unschedulable: str = ""
    scheduled: float | None = None
    """When kube-scheduler found a node for it."""
    deleting: bool = False
    fetch: ContainerView | None = None
    publish: ContainerView | None = None
    """The containers before and after the step's, if its artifacts are in an object store."""


@dataclass(frozen=True, slots=True)
class PipelineView:
    """A Pipeline object, with its spec as it is stored."""

    uid: str
    name: str
    namespace: str
    version: str
    generation: int
    created: float
    spec: Object
    status: Object
    rerun: str | None = None
    deleting: bool = False
    schedule: str | None = None
    """Uid of the PipelineSchedule that created it."""
    backfill: bool = False
    """Whether it was created for a tick of a backfill."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The Job of that attempt of a Step was not taken: why, in words, and since when (seconds since 1970).

    `quota`: there is no room now, so waiting helps. `hopeless`: the Job is not valid, so nothing helps. `conflict`: its
    name is taken by an object that belongs to somebody else.
    """

    message: str
    since: float
    quota: bool = False
    hopeless: bool = False
    conflict: bool = False
    purpose: str = RUN
    run: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Beyond what something is late. Times are seconds; 0 turns the stalled queue off."""

    factor: float = 3.0
    """A step or Pipeline is overdue when it takes so many times what is expected,"""
    at_least: float = 300.0
    """and takes longer than expected by at least so much."""
    stalled: float = 1800.0
    """A queue stands still when steps wait, none runs, and none has started or ended for so long."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One Pipeline and all that belongs to it, at one instant."""

    pipeline: PipelineView
    graph: Graph | None
    problems: Sequence[Problem]
    """What is wrong with the spec. The graph is then what was taken up last, and None if nothing ever was."""
    steps: Mapping[str, StepView]
    """Step objects that the Pipeline owns, by path."""
    jobs: Mapping[str, Sequence[JobView]]
    """Jobs by the uid of their Step."""
    pods: Mapping[str, Sequence[PodView]]
    """Pods by the uid of their Job."""
    now: float
    trouble: Mapping[str, str] = field(default_factory=dict)
    """What events say about Jobs that get no pod, by the uid of the Job."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Jobs that the API server did not take, by the uid of the Step."""
    waits: Mapping[str, Wait] = field(default_factory=dict)
    """Why the last pass of admission held Steps back, by their uid."""
    unfit: Mapping[str, Refusal] = field(default_factory=dict)
    """Jobs that fit nowhere even when all is idle, with the numbers that say so, by the uid of the Step."""
    expected: Ranks | None = None
    """How long the steps should take; None if nothing is known of it."""
    thresholds: Thresholds = Thresholds()
    pins: Mapping[str, Object] = field(default_factory=dict)
    """Specs of the Components that the graph was compiled with; see core/revisions.py."""
    superfluous: Sequence[str] = ()
    """Names of kept revisions beyond the limit."""
    unwritable: Mapping[str, str] = field(default_factory=dict)
    """What the API server says of writes that it does not take, by the name of the object: this Pipeline or a Step."""
    deferred: bool = False
    """The graph is that of before: an edit or a rerun waits for the end of an undo or of `finally`."""
    taken: Mapping[str, StepView] = field(default_factory=dict)
    """Step objects with names of this Pipeline's Steps that it does not own, by path."""


def owner_uid(obj: Object, kind: str) -> str | None:
    """Uid of the controlling owner of that kind."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller") and reference.get("kind") == kind:
            uid: str = reference["uid"]
            return uid
    return None


def step_view(obj: Object) -> StepView:
    """The view of a Step object."""
    meta = obj["metadata"]
    annotations = meta.get("annotations") or {}
    spec = obj.get("spec") or {}
    owner = owner_uid(obj, "Pipeline")
    alone = owner is None and "fingerprint" not in spec and "." not in meta["name"]
    pipeline, _, path = (None, "", meta["name"]) if alone else meta["name"].partition(".")
    return StepView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        generation=meta.get("generation", 1),
        pipeline=pipeline,
        owner=owner,
        path=path,
        task=path if alone else task_of(path, (meta.get("labels") or {}).get(labels.STEP, "")),
        created=instant(meta["creationTimestamp"]) or 0.0,
        spec=spec if alone else {},
        spec_digest="" if alone else lenient_digest(spec),
        fingerprint=spec.get("fingerprint", ""),
        min_run=spec.get("minRun", 1),
        rerun=spec.get("rerun", ""),
        status=obj.get("status") or {},
        deleting="deletionTimestamp" in meta,
        approved_by=annotations.get(labels.APPROVED_BY),
        rejected_by=annotations.get(labels.REJECTED_BY),
    )


def job_view(obj: Object) -> JobView:
    """The view of a Job that the operator created; raises KeyError or ValueError for one that it did not."""
    meta, status = obj["metadata"], obj.get("status") or {}
    annotations = meta["annotations"]
    owner = owner_uid(obj, "Step")
    if owner is None:
        raise ValueError("no Step owns this Job")
    conditions = {one["type"]: one for one in status.get("conditions") or () if one.get("status") == "True"}
    terminal = conditions.get("Complete") or conditions.get("Failed")
    why = conditions.get("Failed") or conditions.get("FailureTarget") or {}
    spec = obj.get("spec") or {}
    created, resumed = instant(meta["creationTimestamp"]) or 0.0, instant(status.get("startTime"))
    # What was let run stays suspended until its controller has noticed, which then sets the start time anew.
    suspended = bool(spec.get("suspend")) or "Suspended" in conditions
    ever_suspended = any(one["type"] == "Suspended" for one in status.get("conditions") or ())
    return JobView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        step=owner,
        run=int(annotations[labels.RUN]),
        attempt=int(meta["labels"][labels.ATTEMPT]),
        purpose=annotations.get(labels.PURPOSE, RUN),
        fingerprint=annotations[labels.FINGERPRINT],
        producers=annotations.get(labels.PRODUCERS, ""),
        revision=int(annotations.get(labels.REVISION, "0")),
        round=int(annotations.get(labels.ROUND, "0")),
        created=created,
        completions=spec.get("completions", 1),
        finished=terminal["type"] if terminal else None,
        finished_at=instant(terminal.get("lastTransitionTime")) if terminal else None,
        reason=why.get("reason", ""),
        message=why.get("message", ""),
        deleting="deletionTimestamp" in meta,
        suspended=suspended,
        resumed=resumed,
        reserved=None if suspended else (ever_suspended and resumed) or created,
        devices=_devices(spec),
    )


def _devices(job: Object) -> tuple[tuple[str, int], ...]:
    """Extended resources that the step's container in one pod of a Job asks for: nothing else in it asks for any."""
    pod = (job.get("template") or {}).get("spec") or {}
    containers = (*(pod.get("containers") or ()), *(pod.get("initContainers") or ()))
    asked = next((one.get("resources") or {} for one in containers if one["name"] == STEP_CONTAINER), {})
    amounts = {**(asked.get("limits") or {}), **(asked.get("requests") or {})}
    whole = {name: quantities.parse(amount) // quantities.MILLI for name, amount in amounts.items() if _extended(name)}
    return tuple(sorted((name, amount) for name, amount in whole.items() if amount))


def _extended(resource: str) -> bool:
    """Whether Kubernetes takes a name for that of an extended resource."""
    return "/" in resource and "kubernetes.io/" not in resource


STEP_CONTAINER = "step"
"""Name of the user's container in the pod; it is an init container where another one runs after it."""
FETCH_CONTAINER, PUBLISH_CONTAINER = "fetch", "publish"


def pod_view(obj: Object) -> PodView:
    """The view of a pod of a Job; raises ValueError for one that no Job owns."""
    meta, status = obj["metadata"], obj.get("status") or {}
    job = owner_uid(obj, "Job")
    if job is None:
        raise ValueError("no Job owns this pod")
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    inits = status.get("initContainerStatuses") or ()
    containers = {one["name"]: one for one in (*inits, *(status.get("containerStatuses") or ()))}
    state = (containers.get(STEP_CONTAINER) or {}).get("state") or {}
    ended = state.get("terminated") or {}
    running = state.get("running") or {}
    disruption = conditions.get("DisruptionTarget") or {}
    scheduled = conditions.get("PodScheduled") or {}
    return PodView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        job=job,
        phase=status.get("phase", "Pending"),
        index=int((meta.get("annotations") or {}).get("batch.kubernetes.io/job-completion-index", "0")),
        node=(obj.get("spec") or {}).get("nodeName"),
        created=instant(meta["creationTimestamp"]) or 0.0,
        started=instant(running.get("startedAt") or ended.get("startedAt")),
        ended=instant(ended.get("finishedAt")),
        exit_code=ended.get("exitCode"),
        reason=status.get("reason") or ended.get("reason", ""),
        message=ended.get("message") or status.get("message", ""),
        waiting=_waiting(state, inits),
        disrupted=_words(disruption) if disruption.get("status") == "True" else "",
        unschedulable=scheduled.get("message", "") if scheduled.get("status") == "False" else "",
        scheduled=instant(scheduled.get("lastTransitionTime")) if scheduled.get("status") == "True" else None,
        deleting="deletionTimestamp" in meta,
        fetch=_container_view(containers.get(FETCH_CONTAINER)),
        publish=_container_view(containers.get(PUBLISH_CONTAINER)),
    )


def _container_view(status: Object | None) -> ContainerView | None:
    if status is None:
        return None
    state = status.get("state") or {}
    ended = state.get("terminated") or {}
    return ContainerView(
        started=instant((state.get("running") or {}).get("startedAt") or ended.get("startedAt")),
        ended=instant(ended.get("finishedAt")),
        exit_code=ended.get("exitCode"),
        reason=ended.get("reason", ""),
        message=(ended.get("message") or "").strip(),
    )


def _waiting(state: Object, inits: Sequence[Object]) -> str:
    states = [state, *((one.get("state") or {}) for one in inits)]
    words = [_words(one["waiting"]) for one in states if one.get("waiting")]
    return next((word for word in words if word and not word.startswith(("PodInitializing", "ContainerCreating"))), "")


def _words(condition: Object) -> str:
    return ": ".join(part for part in (condition.get("reason"), condition.get("message")) if part)


def pipeline_view(obj: Object) -> PipelineView:
    """The view of a Pipeline object."""
    meta = obj["metadata"]
    return PipelineView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        generation=meta.get("generation", 1),
        created=instant(meta["creationTimestamp"]) or 0.0,
        spec=obj.get("spec") or {},
        status=obj.get("status") or {},
        rerun=(meta.get("annotations") or {}).get(labels.RERUN),
        deleting="deletionTimestamp" in meta,
        schedule=owner_uid(obj, "PipelineSchedule"),
        backfill=labels.BACKFILL in (meta.get("labels") or {}),
    )
