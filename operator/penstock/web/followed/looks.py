"""What is looked at now: begun for the first who looks, shared by all, and ended when nobody has looked for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from penstock.cluster.api import Cluster, Refused
from penstock.web.followed.look import Look, Of, State
from penstock.web.followed.store import Store
from penstock.web.followed.topics import Kept

LINGER_SECONDS = 30.0
MOST = 300
"""Topics at once; each has a watch or two, with a thread of its own."""


class Looks:
    """All that is looked at, by key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._budget = Kept()
        self._looks: dict[Hashable, Look[State]] = {}

    @property
    def cluster(self) -> Cluster:
        """What is followed, with the rights of whoever serves."""
        return self._store.cluster

    @asynccontextmanager
    async def at(self, key: Hashable, make: Callable[[], Of]) -> AsyncIterator[Look[Of]]:
        """The topic of that key, for as long as it is used. Raises Refused (503) if there are too many."""
        look = self._looks.get(key)
        if look is None:
            self._make_room()
            look = self._looks[key] = Look(self._store, make(), self._budget)
        look.users += 1
        try:
            yield look  # type: ignore[misc]
        finally:
            look.users -= 1
            if not look.users and look.state.gone:
                self._release(key, look)
            elif not look.users:
                asyncio.get_running_loop().call_later(LINGER_SECONDS, self._release, key, look)

    def _make_room(self) -> None:
        """Ends what nobody looks at any more. Raises Refused (503) if that does not do."""
        idle = [(key, look) for key, look in self._looks.items() if not look.users]
        for key, look in idle[: max(0, len(self._looks) - MOST + 1)]:
            self._release(key, look)
        if len(self._looks) >= MOST:
            raise Refused(503, "too much is looked at at once; try again", "")

    def _release(self, key: Hashable, look: Look[State]) -> None:
        if not look.users and self._looks.get(key) is look:
            del self._looks[key]
            look.close()

    def close(self) -> None:
        """Ends all."""
        for look in self._looks.values():
            look.close()
        self._looks.clear()
