"""The log of a container, as kubelet tells it: from its end, with instants, as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime


def instant(seconds: float) -> str:
    """As kubelet writes them: nine digits, so that they can be compared as texts."""
    whole = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{int(seconds % 1 * 1e9):09d}Z"


class ContainerLog:
    """Lines with the seconds since 1970 at which they were written; more may come until it has ended.

    A byte that is no UTF-8 is a lone surrogate in them, as in `surrogateescape`."""

    def __init__(self, lines: Iterable[tuple[float, str]] = (), ended: bool = True) -> None:
        self.lines = [(instant(when), line) for when, line in lines]
        self.ended = ended
        self.cuts = 0
        self.readers = 0
        """Of those that follow it."""
        self._more = asyncio.Event()

    def say(self, when: float, *lines: str) -> None:
        """Writes lines."""
        self.lines += [(instant(when), line) for line in lines]
        self._wake()

    def end(self) -> None:
        """The container has ended."""
        self.ended = True
        self._wake()

    def cut(self) -> None:
        """Whoever follows it is cut off."""
        self.cuts += 1
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def read(self, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        """What a request asks for."""
        at, cuts = 0, self.cuts
        if "sinceTime" in query:
            since = query["sinceTime"][:19]  # whole seconds, as the API server takes them
            at = next((place for place, (when, _) in enumerate(self.lines) if when[:19] >= since), len(self.lines))
        if "tailLines" in query:
            at = max(at, len(self.lines) - int(query["tailLines"]))
        while True:
            while at < len(self.lines):
                some = self.lines[at : at + 1_000]
                at += len(some)
                stamped = "timestamps" in query
                yield "".join(f"{f'{when} ' if stamped else ''}{line}\n" for when, line in some).encode(
                    "utf-8", "surrogateescape"
                )
            if self.ended or "follow" not in query:
                return
            if cuts != self.cuts:
                raise ConnectionError
            self.readers += 1
            try:
                await self._more.wait()
            finally:
                self.readers -= 1
