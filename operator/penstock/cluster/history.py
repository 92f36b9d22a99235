"""The history of a Pipeline as a user may see it, and the way back in it."""

import time
from collections.abc import Mapping, Sequence

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object, Refused
from penstock.cluster.compiling import Compiling
from penstock.cluster.failure import Failure
from penstock.core import labels
from penstock.core.asked.change import Change
from penstock.core.asked.diff import diff
from penstock.core.asked.history import Compared, compare, held_seconds
from penstock.core.graph.graph import Graph
from penstock.core.pipeline.revisions import RevisionView
from penstock.core.seen.reading import pipeline_view


class NotKept(Failure):
    """A revision is not there any more, or is not valid any more."""


def pipeline_of(cluster: Cluster, namespace: str, name: str) -> Object:
    """The Pipeline, read anew. Raises Refused, or Failure if the API server cannot be asked."""
    return cluster.json("GET", PIPELINES.path(namespace, name))


def by_number(found: Sequence[RevisionView]) -> Mapping[int, RevisionView]:
    """Kept revisions by their number."""
    return {one.revision: one for one in found}


def wanted(pipeline: Object, found: Sequence[RevisionView], number: int | None) -> RevisionView:
    """The revision of that number, or the last before the present one. Raises NotKept if it is not kept."""
    known = by_number(found)
    present = (pipeline.get("status") or {}).get("revision")
    earlier = [one for one in known if present is None or one < present]
    chosen = number if number is not None else max(earlier, default=None)
    if chosen is None or chosen not in known:
        which = f"revision {number}" if number is not None else "earlier revision"
        numbers = ", ".join(map(str, sorted(known))) or "none"
        name = pipeline["metadata"]["name"]
        raise NotKept(f"pipeline {name!r} has no {which} that is kept; kept: {numbers} (spec.historyLimit)")
    return known[chosen]


def graph_of(cluster: Cluster, pipeline: Object, revision: RevisionView) -> Graph:
    """The graph of a kept revision. Raises NotKept if it is not valid any more."""
    compiled = Compiling(cluster).past(pipeline_view(pipeline), revision)
    if compiled.graph is None:
        problems = "\n".join(map(str, compiled.problems)) or "its spec cannot be read"
        raise NotKept(f"revision {revision.revision} is not valid:\n{problems}")
    return compiled.graph


def preview(cluster: Cluster, pipeline: Object, revision: RevisionView) -> list[Change]:
    """What would become of each step if the Pipeline were rolled back to that revision."""
    return diff(graph_of(cluster, pipeline, revision), pipeline, _steps(cluster, pipeline), time.time())


def compared(cluster: Cluster, pipeline: Object, old: RevisionView, new: RevisionView) -> list[Compared]:
    """Each task in two revisions. How long it took stays unsaid to who may not list Steps."""
    before, after = (graph_of(cluster, pipeline, one) for one in (old, new))
    try:
        steps = _steps(cluster, pipeline)
    except Refused as refused:
        if refused.status != 403:
            raise
        return compare(before, after)
    now = time.time()
    took = held_seconds(before, pipeline, steps, now), held_seconds(after, pipeline, steps, now)
    return compare(before, after, took)


def _steps(cluster: Cluster, pipeline: Object) -> list[Object]:
    meta = pipeline["metadata"]
    return list(cluster.list(STEPS, meta["namespace"], f"{labels.PIPELINE}={meta['name']}"))


def roll_back(cluster: Cluster, pipeline: Object, revision: RevisionView) -> bool:
    """Applies a kept revision again; False if the Pipeline is like it already.

    Raises Refused with status 409 if the Pipeline is no longer of the version that was read.
    """
    if revision.spec == pipeline["spec"]:
        return False
    cluster.replace(PIPELINES, {**pipeline, "spec": dict(revision.spec)})
    return True
