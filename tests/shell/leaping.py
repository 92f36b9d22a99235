"""Time that leaps: nothing is waited for, so that what takes minutes is over in milliseconds."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from penstock.testing.virtual import VirtualLoop

T = TypeVar("T")


def leap(work: Coroutine[Any, Any, T]) -> T:
    """Runs something that only sleeps and waits for what else runs in the same loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
