"""All Pipelines that may be seen, as one list."""

from penstock.cluster.api import PIPELINES, Cluster
from penstock.core.asked.view.heads import Head, head
from penstock.core.seen.views import PipelineView
from penstock.web.sources import Seen, Wish
from penstock.web.wire import ListBatch, PipelineList

Key = tuple[str, str]
"""Namespace and name."""


class ListState:
    """The list as it was told last, and what has changed since."""

    def __init__(self, cluster: Cluster) -> None:
        self.wishes = (Wish(PIPELINES, None, cluster.namespace),)
        self._scope: str | None = None
        self._heads: dict[Key, Head] = {}
        self._shown: dict[Key, Head] = {}
        self._synced = False

    @property
    def gone(self) -> bool:
        """A list may be empty, but it is there."""
        return False

    @property
    def complete(self) -> bool:
        """Whether the Pipelines have been listed."""
        return self._synced

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""
        if seen.kind == "SYNCED":
            self._heads = {}
            self._synced, self._scope = True, seen.namespace
        for view in seen.views:
            assert isinstance(view, PipelineView)
            key = view.namespace, view.name
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
