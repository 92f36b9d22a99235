"""Virtual time: an event loop whose clock leaps to whatever comes next, so that hours are over in milliseconds.

Time leaps only while everybody waits for time. It stands still while a thread works, and goes on as on the machine's
clock while a process runs, which no leap could make end earlier.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

TURN = 1e-6
"""Seconds that each turn of the loop takes: who looks again and again until an instant has passed, comes to it."""


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0
        self.processes = 0
        self.stalled: Callable[[], None] | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += TURN
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.processes:
            began = time.monotonic()
            found = super().select(timeout)
            self.now += time.monotonic() - began
            return found
        if self.threads:
            return super().select()
        found = super().select(0)
        if found:
            return found
        if timeout is not None:
            self.now += timeout
        elif self.stalled is not None:
            self.stalled()
        else:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds since the loop was made, on the virtual clock."""
        return self._virtual.now

    def when_stalled(self, call: Callable[[], None]) -> None:
        """Has that called, again and again, if everybody waits and nothing will ever happen: else that is an error."""
        self._virtual.stalled = call

    def run_in_executor(self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Runs it in a thread; time stands still meanwhile."""
        self._virtual.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, future: object) -> None:
        self._virtual.threads -= 1

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Waits for its threads; time stands still meanwhile."""
        self._virtual.threads += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._virtual.threads -= 1

    @contextmanager
    def outside(self) -> Iterator[None]:
        """While a process runs, which takes the time it takes."""
        self._virtual.processes += 1
        try:
            yield
        finally:
            self._virtual.processes -= 1
