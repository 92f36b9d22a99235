"""What `why` and `plan` see of the Pipelines in a cluster: the same snapshots that the operator decides from."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from penstock.cluster.api import JOBS, PIPELINES, PODS, STEPS, Cluster, Object, Refused, Resource
from penstock.cluster.compiling import Compiling, Made
from penstock.core import labels
from penstock.core.graph.learned import Learned
from penstock.core.seen.owners import by_owner
from penstock.core.seen.reading import job_view, pipeline_view, pod_view, step_view
from penstock.core.seen.snapshot import Observed

MINE = f"{labels.MANAGED_BY}={labels.PENSTOCK}"

View = TypeVar("View")
Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class Sight:
    """The Pipelines that the user may see, at one instant. `notes`: what that leaves out; `made`: their graphs."""

    observed: Sequence[Observed]
    learned: Learned
    now: float
    notes: Sequence[str] = ()
    made: Mapping[str, Made] = field(default_factory=dict)


def observe(cluster: Cluster, homes: Sequence[str] = (), before: Mapping[str, Made] = MappingProxyType({})) -> Sight:
    """All Pipelines of all namespaces, since they share the cluster; without the right to that, of `homes`, or else of
    the own one. `before`: the graphs that were made for the last sight."""
    now = time.time()
    notes: list[str] = []
    try:
        found = _everything(cluster, None)
    except Refused as refused:
        if refused.status != 403:
            raise
        homes = homes or (cluster.namespace,)
        lists = [_everything(cluster, home) for home in homes]
        found = tuple([obj for one in kind for obj in one] for kind in zip(*lists, strict=True))
        notes.append(f"you may see only {_few(homes)}; steps of others, which may go first, are not counted")
    pipelines, all_steps, all_jobs, all_pods = found
    steps = _by(views(step_view, all_steps), lambda step: (step.namespace, step.pipeline))
    jobs = _by(views(job_view, all_jobs), lambda job: job.step)
    pods = _by(views(pod_view, all_pods), lambda pod: pod.job)
    compiling = Compiling(cluster, before)
    observed = []
    for view in views(pipeline_view, pipelines):
        mine, taken = by_owner(steps.get((view.namespace, view.name), ()), view.uid)
        compiled, deferred = compiling.graph(view, mine.values(), jobs)
        made = Observed(view, compiled.graph, compiled.problems, mine, jobs, pods, now, deferred=deferred, taken=taken)
        observed.append(made)
    notes += compiling.notes
    for hidden in compiling.existing.hidden:
        notes.append(f"you may not list components in namespace {hidden}: Pipelines that need them are left out")
    return Sight(observed, learned_from(all_steps), now, notes, compiling.made)


def _few(homes: Sequence[str]) -> str:
    more = f" and {len(homes) - 5} more" if len(homes) > 5 else ""
    return f"namespace{'s' if len(homes) > 1 else ''} {', '.join(homes[:5])}{more}"


def learned_in(cluster: Cluster) -> Learned:
    """The durations that the Steps remember which the user may see; none in a cluster without Penstock."""
    for namespace in (None, cluster.namespace):
        try:
            return learned_from(cluster.list(STEPS, namespace))
        except Refused as refused:
            if refused.status not in (403, 404):
                raise
    return Learned()


def learned_from(steps: Iterable[Object]) -> Learned:
    """What these Steps remember of how long they took."""
    learned = Learned()
    for obj in steps:
        learned.put(obj["metadata"]["uid"], (obj.get("status") or {}).get("learned"))
    return learned


def _everything(cluster: Cluster, namespace: str | None) -> tuple[list[Object], ...]:
    def listed(resource: Resource, selector: str | None = None) -> list[Object]:
        return list(cluster.list(resource, namespace, selector))

    return listed(PIPELINES), listed(STEPS), listed(JOBS, MINE), listed(PODS, MINE)


def views(view: Callable[[Object], View], objects: Iterable[Object]) -> Iterator[View]:
    """The views of the objects that can be read; the operator leaves out the others, too, and says so in its log.

    Whatever somebody made of one object, such as a Job without its owner, must not hide all others.
    """
    for obj in objects:
        with suppress(Exception):
            yield view(obj)


def _by(views: Iterable[View], key: Callable[[View], Group]) -> dict[Group, list[View]]:
    found: dict[Group, list[View]] = {}
    for view in views:
        found.setdefault(key(view), []).append(view)
    return found
