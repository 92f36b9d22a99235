"""What takes long is done for each viewer one after the other, so that nobody holds up the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from penstock.web.access.viewer import Viewer


class Turns:
    """One at a time of each viewer."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, viewer: Viewer) -> AsyncIterator[None]:
        """Waits for the viewer's turn."""
        lock = self._locks.get(viewer.name)
        if lock is None:
            lock = self._locks[viewer.name] = asyncio.Lock()
        async with lock:
            yield
