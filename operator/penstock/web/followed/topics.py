"""One thing that somebody looks at: its state, the batches that led to it, and who is told of the next."""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.web.wire import Message, encode

KEPT = 64
"""Batches of one topic from which a stream can go on that broke off, or reads slowly; else it begins anew."""
KEPT_BYTES = 32 * 2**20
"""Of all topics together."""
MOST_DIGITS = 20
"""Of the number of a batch, which whoever asks may make up."""

Frame = bytes
"""One event as text/event-stream has it."""

RESET: Frame = b"event: reset\ndata: {}\n\n"


def frame(event: str, message: Message, id_: str = "") -> Frame:
    """An event; orjson writes no line breaks, so the data is one line."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {event}\ndata: ".encode() + encode(message) + b"\n\n"


class Kept:
    """How much all topics keep together.

    What is too much is forgotten by the one that told nothing for longest: as a rule, whoever listens has heard it all.
    """

    def __init__(self) -> None:
        self._topics: OrderedDict[Topic, None] = OrderedDict()
        self._bytes = 0

    def add(self, topic: "Topic", size: int) -> None:
        """A topic keeps so many bytes more."""
        self._bytes += size
        self._topics[topic] = None
        self._topics.move_to_end(topic)
        while self._bytes > KEPT_BYTES:
            oldest = next(iter(self._topics))
            if not oldest.forget():
                del self._topics[oldest]

    def drop(self, size: int) -> None:
        """So many fewer are kept."""
        self._bytes -= size

    def end(self, topic: "Topic") -> None:
        """The topic keeps nothing any more."""
        self._topics.pop(topic, None)


class Listener:
    """One open stream: up to where its topic was told."""

    def __init__(self, topic: "Topic", last: str) -> None:
        self._topic = topic
        self._at = last
        self._said: Frame | None = None
        self._woken = asyncio.Event()

    def wake(self, said: Frame | None = None) -> None:
        """There is something to tell. `said`: an announcement, which takes the place of an earlier one."""
        self._said = said or self._said
        self._woken.set()

    async def next(self, seconds: float) -> Frame | None:
        """The next event; None if there is none for so long."""
        found = self._next()
        if found is None:
            try:
                await asyncio.wait_for(self._woken.wait(), seconds)
            except TimeoutError:
                return None
            found = self._next()
        return found

    def _next(self) -> Frame | None:
        self._woken.clear()
        said, self._said = self._said, None
        if said is not None:
            return said
        told, self._at = self._topic.after(self._at)
        return told


class Topic:
    """Numbers batches, keeps the last of them, and tells each to all who listen; each is encoded once."""

    def __init__(self, budget: Kept | None = None) -> None:
        """`budget`: what it shares with others."""
        self._budget = budget or Kept()
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Frame] = deque()
        self._listeners: set[Listener] = set()

    @property
    def id(self) -> str:
        """That of the state now."""
        return f"{self._epoch}-{self._number}"

    def publish(self, message: Message) -> None:
        """The state has changed by this."""
        self._number += 1
        told = frame("batch", message, self.id)
        self._kept.append(told)
        if len(self._kept) > KEPT:
            self.forget()
        self._budget.add(self, len(told))
        self._wake()

    def announce(self, event: str, message: Message) -> None:
        """Tells who listens now something that is no part of the state."""
        self._wake(frame(event, message))

    def restart(self) -> None:
        """The state has changed by more than a batch can say: everybody begins anew."""
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self.close()
        self._wake()

    def close(self) -> None:
        """Keeps nothing any more."""
        while self.forget():
            pass
        self._budget.end(self)

    def forget(self) -> bool:
        """Keeps its oldest batch no more; False if there is none."""
        if not self._kept:
            return False
        self._budget.drop(len(self._kept.popleft()))
        return True

    @contextmanager
    def listen(self, last: str) -> Iterator[Listener]:
        """A stream of what comes after the state of that id; if that is not known any more, a `reset` comes first."""
        listener = Listener(self, last)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def after(self, last: str) -> tuple[Frame | None, str]:
        """What comes next after the state of that id, None if there is nothing yet; and the id of the state then."""
        epoch, _, number = last.rpartition("-")
        known = epoch == self._epoch and number.isdecimal() and len(number) < MOST_DIGITS
        missed = self._number - int(number) if known else -1
        if not 0 <= missed <= len(self._kept):
            return RESET, self.id
        return (self._kept[-missed], f"{epoch}-{int(number) + 1}") if missed else (None, last)

    def _wake(self, said: Frame | None = None) -> None:
        for listener in self._listeners:
            listener.wake(said)
