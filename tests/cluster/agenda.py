"""What is still to be done and about how long that takes, said while it is done.

The estimates are those of two cores that nobody else uses, with nothing in any cache. How long the first pieces of work
take corrects the rest: a machine that is busy, or slower, is so for all of them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping

AFTER = "PENSTOCK_AFTER"
"""Seconds of what the command that started this one does when this one has ended."""
FASTEST, SLOWEST = 0.2, 5.0
"""Bounds of the correction, as factors."""


class Agenda:
    """Pieces of work in lanes: in a lane one after the other, the lanes side by side, then ``after`` seconds more."""

    def __init__(self) -> None:
        self._lanes: list[dict[str, float]] = []
        self._after = 0.0
        self._began: dict[str, float] = {}
        self._expected = self._took = 0.0
        self._lock = threading.Lock()

    def plan(self, *lanes: Mapping[str, float], after: float = 0) -> None:
        """Set what is to be done: the text of each piece of work, with its seconds."""
        with self._lock:
            self._lanes = [dict(lane) for lane in lanes]
            self._after = after + float(os.environ.get(AFTER, 0))

    def expected(self, text: str) -> float:
        """The seconds that a planned piece of work is going to take; 0 if it was not planned or is done."""
        with self._lock:
            return sum(lane.get(text, 0) for lane in self._lanes) * self._pace

    def begin(self, text: str) -> None:
        """A piece of work begins, planned or not."""
        with self._lock:
            self._began[text] = time.monotonic()

    def end(self, text: str) -> None:
        """It has ended; how long it took corrects the estimates of the others."""
        with self._lock:
            took = time.monotonic() - self._began.pop(text)
            for lane in self._lanes:
                if seconds := lane.pop(text, 0):
                    self._expected += seconds
                    self._took += took

    def seconds(self) -> float:
        """About how long it is until all is done; 0 if nothing that was planned is left."""
        with self._lock:
            if not any(self._lanes):
                return 0
            return max(map(self._remaining, self._lanes)) + self._after

    def left(self) -> str:
        """``seconds`` in words; empty if there is nothing to say."""
        seconds = self.seconds()
        with self._lock:
            late = any(self._late(text, lane[text]) > 1 for lane in self._lanes for text in lane)
        return f"{'at least' if late else 'about'} {spoken(seconds)} left" if seconds else ""

    @property
    def _pace(self) -> float:
        """How many times as long as expected things have taken so far; what runs counts once it is late."""
        known = self._took / self._expected if self._expected else 1.0
        late = max((self._late(text, lane[text], known) for lane in self._lanes for text in lane), default=0)
        return min(max(known * max(late, 1.0), FASTEST), SLOWEST)

    def _late(self, text: str, seconds: float, pace: float = 1.0) -> float:
        """How much of the time that a piece of work was to take has gone, as a factor."""
        now = time.monotonic()
        return (now - self._began.get(text, now)) / (seconds * pace)

    def _remaining(self, lane: Mapping[str, float]) -> float:
        now, pace = time.monotonic(), self._pace
        gone = {text: now - self._began.get(text, now) for text in lane}
        return sum(max(seconds * pace - gone[text], 0) for text, seconds in lane.items())


AGENDA = Agenda()
"""That of this process."""


def spoken(seconds: float) -> str:
    """A duration as people say it: ``40 s``, ``5 min``."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{round(seconds / 60)} min"
