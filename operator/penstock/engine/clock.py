"""What time it is in the cluster: as its API server says it, not the machine on which the operator happens to run.

Every instant that a decision compares with the present was written in the cluster: when a Job was created, when the
next attempt is due. The `Date` of each answer says what time it is there, within a second and the time that the answer
took (Cristian, 1989, doi:10.1007/BF01784024); between two answers a clock goes on that nobody sets. A wall clock that
is wrong here, or jumps, fires no timeout early and keeps nothing waiting.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache

_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Seconds since the machine began, those while it was suspended included where it can tell."""
    return time.clock_gettime(_SINCE_BOOT)


class Clock:
    """Goes with `steady`. Until something is heard of another clock it shows what `wall` showed at first."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = steady) -> None:
        self._steady = steady
        self._ahead = wall() - steady()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._steady() + self._ahead

    def heard(self, date: str, asked: float) -> None:
        """An answer was dated so, to a request that was sent when `steady` showed `asked`.

        It was dated after that and before now, at some instant of the second that it names. If this clock showed such a
        time, it agrees; else it is put forward or back as little as makes it agree.
        """
        told = _seconds(date)
        if told is not None:
            self._ahead = min(max(self._ahead, told - self._steady()), told + 1.0 - asked)


@lru_cache(maxsize=8)
def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


_OF_THE_CLUSTER = Clock()
heard = _OF_THE_CLUSTER.heard
_shown: Callable[[], float] = _OF_THE_CLUSTER.now


def now() -> float:
    """Seconds since 1970, in the cluster, or as `showing` has it."""
    return _shown()


@contextmanager
def showing(time: Callable[[], float]) -> Iterator[None]:
    """Meanwhile all of the process goes by this, in seconds since 1970: for Pipelines in virtual time."""
    global _shown
    before, _shown = _shown, time
    try:
        yield
    finally:
        _shown = before
