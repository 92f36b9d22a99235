"""Demands: Steps that want to start, as admission sees them."""

from dataclasses import dataclass

from penstock.core.admission.limits import Limit, Places, limits
from penstock.core.admission.observed_capacity import amounts
from penstock.core.admission.shapes import Shape, pod_constraints, shape
from penstock.core.graph.graph import Graph, Task
from penstock.core.graph.learned import Learned
from penstock.core.graph.ranks import ranks
from penstock.core.graph.requests import pod_requests, pod_resources
from penstock.core.holders import Owner, step_owner
from penstock.core.pod.artifacts import claim_name
from penstock.core.pod.ready import Ready
from penstock.core.seen.views import RUN

Key = tuple[str, str, str]
"""Namespace, Pipeline (empty for a Step on its own) and path of a Step."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A Step that wants to start. Times are seconds. `shape` is None if it takes no room here: Kueue will admit it.

    `rank`: longest remaining path of its Pipeline, itself included; `since`: when it became ready; `duration`: the
    estimate; `fitted`: it ran here before, so it waits instead of failing if it fits nowhere any more; `planned`:
    the rank that a planned pass gave it, if one did; `not_before`: when its turn is by that plan; `nodes`: where it
    goes by that plan if there is room; `early`: whether all that has its turn before has started, so that it may go
    there sooner; `limits`: those of its Pipeline that it keeps to.
    """

    key: Key
    shape: Shape | None
    priority: int = 0
    rank: float = 0.0
    since: float = 0.0
    duration: float = 600.0
    fitted: bool = False
    planned: float | None = None
    not_before: float = 0.0
    nodes: tuple[str, ...] = ()
    early: bool = False
    limits: tuple[Limit, ...] = ()

    @property
    def owner(self) -> Owner:
        """The Step as one who holds room."""
        return step_owner(*self.key)


def demand(ready: Ready, graph: Graph, learned: Learned | None = None, taken: Places | None = None) -> Demand:
    """The demand of a Step that is ready. `learned`: durations known from elsewhere; `taken`: the places that Steps of
    its Pipeline have. An undo has no limits: nothing else runs."""
    task, step = ready.node.task, ready.step
    known = ranks(graph, learned)
    pipeline = step.pipeline or ""
    kueue = graph.settings.queue_name is not None
    undo = ready.purpose != RUN
    return Demand(
        key=(step.namespace, pipeline, ready.node.path),
        shape=None if kueue else task_shape(graph, task, step.namespace, pipeline, ready.memory_growths),
        priority=graph.settings.priority,
        rank=known.upward[task.id],
        since=ready.since,
        duration=known.durations[task.id],
        fitted=ready.attempt > 1 and not ready.memory_growths,
        limits=() if undo else limits(graph, ready.node, step.namespace, pipeline, taken),
    )


def task_shape(graph: Graph, task: Task, namespace: str, pipeline: str, memory_growths: int = 0) -> Shape:
    """The shape of the pods of a task, kept with the graph."""
    work = task.work
    bounded = work.timeout is not None  # an undo of it may be so, too, where the step is not
    key = ("shape", task.id, namespace, pipeline, memory_growths, work.replicas, bounded)
    known = graph.memo.get(key)
    if known is None:
        options = work.pod
        spec = {
            "nodeSelector": options.node_selector,
            "tolerations": [one.model_dump(by_alias=True, exclude_none=True) for one in options.tolerations or ()],
            "affinity": options.affinity.model_dump(by_alias=True, exclude_none=True) if options.affinity else None,
        }
        known = graph.memo[key] = shape(
            namespace,
            pod_requests(work, memory_growths),
            amounts(pod_resources(work, memory_growths).get("limits")),
            work.replicas,
            pod_constraints(spec),
            bounded,
            options.priority_class_name or "",
            _exclusive_claim(graph, task, namespace, pipeline),
        )
    assert isinstance(known, Shape)
    return known


def _exclusive_claim(graph: Graph, task: Task, namespace: str, pipeline: str) -> str:
    """The ReadWriteOnce claim that the task's pods mount: all of them have to be on one node."""
    storage = graph.settings.storage
    if storage is None or storage.claim is None or "ReadWriteMany" in (storage.claim.access_modes or ()):
        return ""
    mounts = any(wired.type == "Artifact" for wired in task.inputs)
    if mounts or any(output.type.value == "Artifact" for output in task.work.outputs):
        return f"{namespace}/{claim_name(storage, pipeline)}"
    return ""
