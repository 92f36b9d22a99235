"""One thing that is looked at: follows it, and tells what changes."""

import asyncio
import time
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from penstock.cluster.failure import Failure
from penstock.web.followed.pipelines import Reset
from penstock.web.followed.sources import AGAIN_SECONDS, Seen, Wish
from penstock.web.followed.store import Store
from penstock.web.followed.topics import Kept, Topic
from penstock.web.wire import Message, Trouble, packed

PAUSE_SECONDS = 0.2
"""Between two batches."""
RESET_PAUSE_SECONDS = 1.0
"""After everybody had to begin anew."""
PATIENCE_SECONDS = 30.0
"""For so long an answer may take that the API server has to be asked for."""
SLOW = "the API server takes long to answer; try again"


class State(Protocol):
    """What is known of a topic; changes go in, batches come out."""

    @property
    def wishes(self) -> Sequence[Wish]:
        """What is followed for it."""

    @property
    def gone(self) -> bool:
        """Whether there is no such thing (any more)."""

    @property
    def complete(self) -> bool:
        """Whether all of it has come in."""

    def take(self, seen: Seen) -> None:
        """Takes in what was seen."""

    async def settle(self) -> None:
        """Asks for what else it needs."""

    def batch(self) -> Message | None:
        """What has changed since the last one; None for nothing. Raises Reset."""

    def snapshot(self, id_: str, now: float) -> Message:
        """All of it. `now`: seconds since 1970."""


Of = TypeVar("Of", bound=State)


class Look(Generic[Of]):
    """One topic with its state, while somebody looks at it."""

    def __init__(self, store: Store, state: Of, budget: Kept) -> None:
        self.state = state
        self.topic = Topic(budget)
        self.trouble = Trouble("")
        self.users = 0
        self._dirty = asyncio.Event()
        self._known = asyncio.Event()
        self._encoded: tuple[str, bytes] = "", b""
        self._ends = [store.follow(wish, self._take, self._troubled) for wish in state.wishes]
        self._task = asyncio.create_task(self._run())

    async def known(self, seconds: float) -> bool:
        """Waits until there is something to show, or trouble; whether there is something to show."""
        try:
            await asyncio.wait_for(self._known.wait(), seconds)
        except TimeoutError:
            return False
        return self.state.complete

    async def snapshot(self) -> tuple[str, bytes]:
        """The id of the state, and all of it as gzipped JSON."""
        if self._encoded[0] != self.topic.id:
            id_ = self.topic.id
            message = self.state.snapshot(id_, time.time())
            self._encoded = id_, await asyncio.to_thread(packed, message)
        return self._encoded

    def close(self) -> None:
        """Ends it."""
        for end in self._ends:
            end()
        self._task.cancel()
        self.topic.close()

    def _take(self, seen: Seen) -> None:
        self.state.take(seen)
        self._dirty.set()

    def _troubled(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.topic.announce("trouble", trouble)
        if trouble.message:
            self._known.set()

    async def _run(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self.state.settle()
            except Failure as failure:
                self._troubled(Trouble(str(failure)))
                self._dirty.set()
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                await asyncio.sleep(self._told())

    def _told(self) -> float:
        """Tells what has changed; returns for how long to rest."""
        if not self.state.complete:
            return 0.0
        try:
            message = self.state.batch()
        except Reset:
            self.topic.restart()
            self._known.set()
            return RESET_PAUSE_SECONDS
        if message is not None:
            self.topic.publish(message)
        self._known.set()
        return PAUSE_SECONDS
