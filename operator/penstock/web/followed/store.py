"""What is followed of the cluster: each wish by one watch, however many look at it, for as long as anybody does."""

from collections.abc import Callable
from dataclasses import replace

from penstock.cluster.api import Cluster, Object
from penstock.web.followed.sources import Seen, Source, View, Wish
from penstock.web.wire import Trouble

Take = Callable[[Seen], None]
Tell = Callable[[Trouble], None]


class Store:
    """All that is followed with one account's rights. Belongs to the loop."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._followed: dict[Wish, _Followed] = {}

    def follow(self, wish: Wish, take: Take, trouble: Tell) -> Callable[[], None]:
        """Tells what there is, as soon as that is known, and every change; returns what ends it."""
        followed = self._followed.get(wish)
        if followed is None:
            followed = self._followed[wish] = _Followed(self.cluster, wish)
        reader = take, trouble
        followed.add(reader)

        def end() -> None:
            followed.readers.remove(reader)
            if not followed.readers and self._followed.get(wish) is followed:
                del self._followed[wish]
                followed.source.stop()

        return end


class _Followed:
    """One watch and what it told, for those who come later."""

    def __init__(self, cluster: Cluster, wish: Wish) -> None:
        self.readers: list[tuple[Take, Tell]] = []
        self._views: dict[tuple[str, str], View] = {}
        self._origins: dict[str, Object] = {}
        self._synced: Seen | None = None
        self._trouble = Trouble("")
        self.source = Source(cluster, wish, self._take, self._troubled)

    def add(self, reader: tuple[Take, Tell]) -> None:
        """Tells a reader what there is."""
        self.readers.append(reader)
        if self._synced is not None:
            reader[0](replace(self._synced, views=tuple(self._views.values()), origins=dict(self._origins)))
        if self._trouble.message:
            reader[1](self._trouble)

    def _take(self, seen: Seen) -> None:
        if seen.kind == "SYNCED":
            self._synced = replace(seen, views=(), origins={})
            self._views, self._origins = {}, {}
        for view in seen.views:
            self._origins.pop(view.name, None)
            if seen.kind == "DELETED":
                self._views.pop((view.namespace, view.name), None)
            else:
                self._views[view.namespace, view.name] = view
        if seen.kind != "DELETED":
            self._origins.update(seen.origins)
        for take, _ in tuple(self.readers):
            take(seen)

    def _troubled(self, trouble: Trouble) -> None:
        self._trouble = trouble
        for _, tell in tuple(self.readers):
            tell(trouble)
