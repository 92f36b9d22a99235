"""All Pipelines that may be seen, as one list, and what in them waits for somebody's decision."""

from collections.abc import Set

from penstock.cluster.api import PIPELINES, STEPS
from penstock.core.asked.view.asks import Ask, ask
from penstock.core.asked.view.heads import Head, head
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView, StepView
from penstock.web.followed.sources import Seen, Wish
from penstock.web.wire import ListBatch, PipelineList

Key = tuple[str, str]
"""Namespace and name."""
ASKING = (("fieldSelector", f"status.reason={Reason.WAITING_FOR_APPROVAL.value}"),)
"""The API server tells of no other Steps."""


class ListState:
    """The list as it was told last, and what has changed since."""

    def __init__(
        self,
        instead: str | None,
        homes: Set[str] = frozenset(),
        shown: Set[str] = frozenset(),
        asking: Set[str | None] = frozenset(),
    ) -> None:
        """`homes`: namespaces to follow, or else all, or `instead` if those may not be listed; `shown`: those to show,
        none: all; `asking`: those whose Steps may be told of, with None: all."""
        places: list[tuple[str | None, str | None]] = [(home, None) for home in sorted(homes)] or [(None, instead)]
        self._lists = [Wish(PIPELINES, *place) for place in places]
        self.wishes = (*self._lists, *(Wish(STEPS, *place, ASKING, needed=False) for place in places if asking))
        self._among, self._asking = shown, asking
        self._scope = ", ".join(sorted(shown or homes)) or None
        self._heads: dict[Key, Head] = {}
        self._shown: dict[Key, Head] = {}
        self._asks: dict[tuple[str, str, str], Ask] = {}
        self._asked: list[Ask] = []
        self._synced: set[tuple[str, str | None]] = set()

    @property
    def gone(self) -> bool:
        """A list may be empty, but it is there."""
        return False

    @property
    def complete(self) -> bool:
        """Whether all has been listed."""
        return len(self._synced) >= len(self.wishes)

    @property
    def namespaces(self) -> Set[str]:
        """Those that have Pipelines."""
        return {namespace for namespace, _ in self._heads}

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""
        if seen.kind == "SYNCED":
            self._synced.add((seen.resource.plural, seen.namespace))
            if seen.resource is PIPELINES:
                self._heads = {key: one for key, one in self._heads.items() if seen.namespace not in (None, key[0])}
                if seen.namespace is not None and len(self._lists) == 1:
                    self._scope = self._scope or seen.namespace
            else:
                self._asks = {key: one for key, one in self._asks.items() if seen.namespace not in (None, key[0])}
        for view in seen.views:
            if isinstance(view, PipelineView):
                if not self._among or view.namespace in self._among:
                    self._take(view, seen.kind == "DELETED")
            elif None in self._asking or view.namespace in self._asking:
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
