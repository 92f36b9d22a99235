"""One Pipeline and its steps."""

from collections.abc import Collection, Sequence

from penstock.cluster.api import PIPELINES, STEPS, Cluster
from penstock.core import labels
from penstock.core.asked.view.changes import Change, changes, table
from penstock.core.asked.view.heads import Head, head
from penstock.core.asked.view.rows import Row, rows, state
from penstock.core.asked.view.shape import Shape, shape
from penstock.core.asked.view.times import Times, times
from penstock.core.seen.views import PipelineView, StepView
from penstock.web.followed.graphs import Graphed
from penstock.web.followed.sources import Seen, Wish
from penstock.web.followed.tracebacks import Tracebacks
from penstock.web.threads import in_thread
from penstock.web.wire import PipelineBatch, PipelineSnapshot, Problem


class Reset(Exception):
    """More has changed than a batch can say."""


class PipelineState:
    """A Pipeline as it was told last, and what has changed since. Its graph is compiled anew when it is another."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self.wishes = (
            Wish(PIPELINES, namespace, selectors=(("fieldSelector", f"metadata.name={name}"),), tracebacks=True),
            Wish(STEPS, namespace, selectors=(("labelSelector", f"{labels.PIPELINE}={name}"),), tracebacks=True),
        )
        self._graph = Graphed(cluster)
        self._tracebacks = Tracebacks()
        self._synced: set[str] = set()
        self._pipeline: PipelineView | None = None
        self._steps: dict[str, StepView] = {}
        self._changed: set[str] = set()
        self._others = True
        """Whether there may be other rows than before."""
        self._other_graph = False
        """Whether it means something else than before."""
        self._shown: list[Row] = []
        self._head: Head | None = None
        self._place: dict[str, int] = {}

    @property
    def complete(self) -> bool:
        """Whether the Pipeline and its Steps have been listed, and its graph is known."""
        return self._listed and (self._graph.known or self.gone)

    @property
    def _listed(self) -> bool:
        return len(self._synced) == len(self.wishes)

    @property
    def gone(self) -> bool:
        """Whether there is no such Pipeline (any more)."""
        return self._listed and self._pipeline is None

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""
        if seen.kind == "SYNCED":
            self._synced.add(seen.resource.plural)
        if seen.resource is PIPELINES:
            found = next((view for view in seen.views if isinstance(view, PipelineView)), None)
            self._pipeline = None if seen.kind == "DELETED" else found
            self._others |= self._tracebacks.pipeline(seen.origins.get(found.name) if found else None)
            return
        if seen.kind == "SYNCED":
            self._steps = {}
            self._others = True
        for view in seen.views:
            assert isinstance(view, StepView)
            known = self._steps.pop(view.path, None)
            self._tracebacks.step(view.path, seen.origins.get(view.name))
            if seen.kind != "DELETED":
                self._steps[view.path] = view
            self._others |= known is None or seen.kind == "DELETED" or known.owner != view.owner
            self._changed.add(view.path)

    async def settle(self) -> None:
        """Compiles the graph if it is another now."""
        if self._pipeline is not None and self._listed:
            self._other_graph |= await self._graph.settle(self._pipeline, self._steps.values())

    def batch(self) -> PipelineBatch | None:
        """What has changed since the last one; None for nothing. Raises Reset."""
        if self._pipeline is None:
            return None
        before, self._head = self._head, self._tracebacks.told_head(head(self._pipeline), self._pipeline)
        other_graph, self._other_graph = self._other_graph, False
        changed = [] if self._others or other_graph else self._altered()
        if self._others or other_graph:
            self._others = False
            old, self._shown = self._shown, self._rows(self._pipeline)
            self._place = {row.path: at for at, row in enumerate(self._shown)}
            found = None if other_graph else changes(old, self._shown)
            if found is None:
                self._changed = set()
                raise Reset
            changed = list(found)
        self._changed = set()
        told = None if before == self._head else self._head
        return PipelineBatch(told, changed) if told or changed else None

    def _rows(self, pipeline: PipelineView) -> list[Row]:
        mine = (one for one in self._steps.values() if one.owner in (pipeline.uid, None))
        return rows(self._graph.graph, map(self._tracebacks.told, mine))

    def _altered(self) -> list[Change]:
        """The rows of the Steps that changed, which are those that there were."""
        shown = list(self._shown)
        found: list[Change] = []
        for path in self._changed:
            at = self._place.get(path)
            if at is None:
                continue  # it is another Pipeline's of that name
            now = state(self._tracebacks.told(self._steps[path]).status)
            if now != shown[at].state:
                shown[at] = Row(path, shown[at].task, now, shown[at].made, shown[at].orphan)
                found.append([at, *now])
        self._shown = shown
        return found

    def snapshot(self, id_: str, now: float) -> PipelineSnapshot:
        """All of it."""
        assert self._head is not None
        graph = self._graph
        problems = [Problem(one.path, one.reason.value, one.message) for one in graph.problems]
        return PipelineSnapshot(id_, now, self._head, table(self._shown), problems, graph.deferred, graph.notes)

    async def shape(self, opened: Collection[str]) -> Shape:
        """Its graph, with what is in `opened` shown inside; laid out beside the loop."""
        graph, shown, name = self._graph.graph, self._shown, self._head.name if self._head else ""
        return await in_thread(shape, name, graph, shown, frozenset(opened))

    @property
    def rows(self) -> Sequence[Row]:
        """Its steps as they were told last."""
        return self._shown

    async def times(self, id_: str, now: float) -> Times:
        """When its steps waited and ran, as they were told last; found beside the loop."""
        pipeline, graph, shown = self._pipeline, self._graph.graph, self._shown
        assert pipeline is not None
        steps = {path: self._tracebacks.told(one) for path, one in self._steps.items()}
        return await in_thread(times, id_, now, pipeline, graph, steps, shown)
