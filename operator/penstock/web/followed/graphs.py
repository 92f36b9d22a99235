"""The graph of a Pipeline that is looked at, compiled when it is another, beside the loop."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

from penstock.cluster.api import JOBS, Cluster, Refused
from penstock.cluster.compiling import Compiling
from penstock.core import labels
from penstock.core.graph.graph import Graph
from penstock.core.pipeline.revisions import edited_since
from penstock.core.problems import Problem
from penstock.core.seen.reading import job_view
from penstock.core.seen.views import JobView, PipelineView, StepView


class Graphed:
    """What the manifest means. `deferred`: an edit waits behind it; `notes`: what the user may not see of it."""

    def __init__(self, cluster: Cluster) -> None:
        self.graph: Graph | None = None
        self.problems: Sequence[Problem] = ()
        self.deferred = False
        self.notes: Sequence[str] = ()
        self._cluster = cluster
        self._of: tuple[object, ...] = ()

    @property
    def known(self) -> bool:
        """Whether it has been compiled, be it in vain."""
        return bool(self._of)

    async def settle(self, view: PipelineView, steps: Iterable[StepView]) -> bool:
        """Compiles it unless that was done; whether it was done now."""
        of = (view.uid, view.generation, view.status.get("observedGeneration"), view.status.get("revision"))
        if of == self._of:
            return False
        compiling, those = Compiling(self._cluster), list(steps)
        compiled, self.deferred = await asyncio.to_thread(
            lambda: compiling.graph(view, those, _jobs(self._cluster, view))
        )
        hidden = compiling.existing.hidden
        told = (f"you may not list components in namespace {one}: the graph may lack steps" for one in hidden)
        self.graph, self.problems, self.notes = compiled.graph, compiled.problems, (*compiling.notes, *told)
        self._of = of
        return True


def _jobs(cluster: Cluster, view: PipelineView) -> dict[str, list[JobView]]:
    """The Jobs of an edited Pipeline by the uid of their Step: one that undoes, or tidies up, makes the edit wait."""
    found: dict[str, list[JobView]] = {}
    if edited_since(view) is None:
        return found
    try:
        for obj in cluster.list(JOBS, view.namespace, f"{labels.PIPELINE}={view.name}"):
            with suppress(Exception):  # what somebody made of one object must not hide all others
                job = job_view(obj)
                found.setdefault(job.step, []).append(job)
    except Refused as refused:
        if refused.status != 403:
            raise
    return found
