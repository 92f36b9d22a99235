"""What is looked at now: begun for the first who looks, shared by all, and ended when nobody has looked for a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager

from penstock.cluster.api import Cluster
from penstock.web.look import Look, Of, State

LINGER_SECONDS = 30.0


class Looks:
    """All that is looked at, by key."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._looks: dict[Hashable, Look[State]] = {}

    @asynccontextmanager
    async def at(self, key: Hashable, make: Callable[[], Of]) -> AsyncIterator[Look[Of]]:
        """The topic of that key, for as long as it is used."""
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = Look(self._cluster, make())
        look.users += 1
        try:
            yield look  # type: ignore[misc]
        finally:
            look.users -= 1
            if not look.users:
                asyncio.get_running_loop().call_later(LINGER_SECONDS, self._release, key, look)

    def _release(self, key: Hashable, look: Look[State]) -> None:
        if not look.users and self._looks.get(key) is look:
            del self._looks[key]
            look.close()

    def close(self) -> None:
        """Ends all."""
        for look in self._looks.values():
            look.close()
        self._looks.clear()
