"""All Pipelines that may be seen, as one list, and what in them waits for somebody's decision."""

from penstock.cluster.api import PIPELINES, STEPS, Cluster
from penstock.core.asked.view.asks import Ask, ask
from penstock.core.asked.view.heads import Head, head
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView, StepView
from penstock.web.sources import Seen, Wish
from penstock.web.wire import ListBatch, PipelineList

Key = tuple[str, str]
"""Namespace and name."""
ASKING = (("fieldSelector", f"status.reason={Reason.WAITING_FOR_APPROVAL.value}"),)
"""The API server tells of no other Steps."""


class ListState:
    """The list as it was told last, and what has changed since."""

    def __init__(self, cluster: Cluster) -> None:
        self.wishes = (
            Wish(PIPELINES, None, cluster.namespace),
            Wish(STEPS, None, cluster.namespace, ASKING, needed=False),
        )
        self._scope: str | None = None
        self._heads: dict[Key, Head] = {}
        self._shown: dict[Key, Head] = {}
        self._asks: dict[tuple[str, str, str], Ask] = {}
        self._asked: list[Ask] = []
        self._synced: set[str] = set()

    @property
    def gone(self) -> bool:
        """A list may be empty, but it is there."""
        return False

    @property
    def complete(self) -> bool:
        """Whether all has been listed."""
        return len(self._synced) == len(self.wishes)

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""
        if seen.kind == "SYNCED":
            self._synced.add(seen.resource.plural)
            if seen.resource is PIPELINES:
                self._heads, self._scope = {}, seen.namespace
            else:
                self._asks = {}
        for view in seen.views:
            if isinstance(view, PipelineView):
                self._take(view, seen.kind == "DELETED")
            else:
                self._hear(view, seen.kind == "DELETED")

    def _take(self, view: PipelineView, gone: bool) -> None:
        key = view.namespace, view.name
        self._heads.pop(key, None)
        if not gone:
            self._heads[key] = head(view)

    def _hear(self, view: StepView, gone: bool) -> None:
        key = view.namespace, view.pipeline or "", view.path
        self._asks.pop(key, None)
        asked = None if gone else ask(view)
        if asked:
            self._asks[key] = asked

    async def settle(self) -> None:
        """There is nothing else to be asked."""

    def batch(self) -> ListBatch | None:
        """What has changed since the last one."""
        put = [one for key, one in self._heads.items() if self._shown.get(key) != one]
        drop = [key for key in self._shown if key not in self._heads]
        self._shown = dict(self._heads)
        before, self._asked = self._asked, sorted(self._asks.values(), key=lambda one: (one.since or 0.0, one.path))
        asks = None if before == self._asked else self._asked
        return ListBatch(put, drop, asks) if put or drop or asks is not None else None

    def snapshot(self, id_: str, now: float) -> PipelineList:
        """The whole list, by namespace and name."""
        return PipelineList(id_, now, self._scope, [self._shown[key] for key in sorted(self._shown)], self._asked)
