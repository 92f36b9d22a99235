"""All Pipelines that may be seen, as one list."""

from collections.abc import Set

from penstock.cluster.api import PIPELINES
from penstock.core.asked.view.heads import Head, head
from penstock.core.seen.views import PipelineView
from penstock.web.sources import Seen, Wish
from penstock.web.wire import ListBatch, PipelineList

Key = tuple[str, str]
"""Namespace and name."""


class ListState:
    """The list as it was told last, and what has changed since."""

    def __init__(self, instead: str | None, homes: Set[str] = frozenset(), shown: Set[str] = frozenset()) -> None:
        """`homes`: namespaces to follow, none: all, or `instead` if all may not be listed; `shown`: those to show."""
        self.wishes = tuple(Wish(PIPELINES, home) for home in sorted(homes)) or (Wish(PIPELINES, None, instead),)
        self._among = shown
        self._scope = ", ".join(sorted(shown or homes)) or None
        self._heads: dict[Key, Head] = {}
        self._shown: dict[Key, Head] = {}
        self._synced: set[str | None] = set()

    @property
    def gone(self) -> bool:
        """A list may be empty, but it is there."""
        return False

    @property
    def complete(self) -> bool:
        """Whether the Pipelines have been listed."""
        return len(self._synced) >= len(self.wishes)

    @property
    def namespaces(self) -> Set[str]:
        """Those that have Pipelines."""
        return {namespace for namespace, _ in self._heads}

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""
        if seen.kind == "SYNCED":
            self._synced.add(seen.namespace)
            self._heads = {key: one for key, one in self._heads.items() if seen.namespace not in (None, key[0])}
            if seen.namespace is not None and len(self.wishes) == 1:
                self._scope = self._scope or seen.namespace
        for view in seen.views:
            assert isinstance(view, PipelineView)
            key = view.namespace, view.name
            if self._among and view.namespace not in self._among:
                continue
            if seen.kind == "DELETED":
                self._heads.pop(key, None)
            else:
                self._heads[key] = head(view)

    async def settle(self) -> None:
        """There is nothing else to be asked."""

    def batch(self) -> ListBatch | None:
        """What has changed since the last one."""
        put = [one for key, one in self._heads.items() if self._shown.get(key) != one]
        drop = [key for key in self._shown if key not in self._heads]
        self._shown = dict(self._heads)
        return ListBatch(put, drop) if put or drop else None

    def snapshot(self, id_: str, now: float) -> PipelineList:
        """The whole list, by namespace and name."""
        return PipelineList(id_, now, self._scope, [self._shown[key] for key in sorted(self._shown)])
