"""What is seen of a cluster: small frozen views of objects. Times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    image: str = ""
    """What kubelet says that the step's container runs; empty before it does."""
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


STEP_CONTAINER = "step"
"""Name of the user's container in the pod; it is an init container where another one runs after it."""
FETCH_CONTAINER, PUBLISH_CONTAINER = "fetch", "publish"
