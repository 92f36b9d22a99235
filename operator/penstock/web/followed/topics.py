"""One thing that somebody looks at: its state, the batches that led to it, and who is told of the next."""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.web.wire import Message, encode

KEPT = 1_000
"""Batches from which a stream that broke off can go on,"""
KEPT_BYTES = 16 * 2**20
"""as long as they are no larger than this together."""
UNREAD = 64
"""Batches that one listener may be behind: one that reads slower is told to begin anew."""

Frame = bytes
"""One event as text/event-stream has it."""

RESET: Frame = b"event: reset\ndata: {}\n\n"


def frame(event: str, message: Message, id_: str = "") -> Frame:
    """An event; orjson writes no line breaks, so the data is one line."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {event}\ndata: ".encode() + encode(message) + b"\n\n"


class Listener:
    """One open stream."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue(UNREAD)

    def tell(self, told: Frame) -> None:
        """Queues an event; if there is no room, everything is dropped for a `reset`."""
        if self._frames.full():
            while not self._frames.empty():
                self._frames.get_nowait()
            told = RESET
        self._frames.put_nowait(told)

    async def next(self, seconds: float) -> Frame | None:
        """The next event; None if there is none for so long."""
        try:
            return self._frames.get_nowait()
        except asyncio.QueueEmpty:
            pass
        try:
            return await asyncio.wait_for(self._frames.get(), seconds)
        except TimeoutError:
            return None


class Topic:
    """Numbers batches, keeps the last of them, and tells each to all who listen; each is encoded once."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, Frame]] = deque()
        self._bytes = 0
        self._listeners: set[Listener] = set()

    @property
    def id(self) -> str:
        """That of the state now."""
        return f"{self._epoch}-{self._number}"

    def publish(self, message: Message) -> None:
        """The state has changed by this."""
        self._number += 1
        told = frame("batch", message, self.id)
        self._kept.append((self._number, told))
        self._bytes += len(told)
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._kept.popleft()[1])
        self._tell(told)

    def announce(self, event: str, message: Message) -> None:
        """Tells who listens now something that is no part of the state."""
        self._tell(frame(event, message))

    def restart(self) -> None:
        """The state has changed by more than a batch can say: everybody begins anew."""
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept.clear()
        self._bytes = 0
        self._tell(RESET)

    @contextmanager
    def listen(self, last: str) -> Iterator[Listener]:
        """A stream of what comes after the state of that id; if that is not known any more, a `reset` comes first."""
        listener = Listener()
        missed = self._since(last)
        if missed is None or len(missed) >= UNREAD:
            missed = [RESET]
        for told in missed:
            listener.tell(told)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def _since(self, last: str) -> list[Frame] | None:
        epoch, _, number = last.rpartition("-")
        if epoch != self._epoch or not number.isdecimal() or int(number) > self._number:
            return None
        if int(number) < self._number and (not self._kept or self._kept[0][0] > int(number) + 1):
            return None
        return [told for at, told in self._kept if at > int(number)]

    def _tell(self, told: Frame) -> None:
        for listener in self._listeners:
            listener.tell(told)
