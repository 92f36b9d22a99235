"""What blocks is done beside the loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

With = ParamSpec("With")
Found = TypeVar("Found")


async def in_thread(call: Callable[With, Found], /, *args: With.args, **named: With.kwargs) -> Found:
    """What a call returns, made in a thread; whoever is cancelled meanwhile is there until the thread has ended.

    A thread cannot be cancelled. With `asyncio.to_thread` whoever asked and has gone would give back their turn, and
    with it the bound on how much is done for one viewer at once, while the thread goes on.
    """
    doing = asyncio.ensure_future(asyncio.to_thread(call, *args, **named))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        doing.exception()  # nobody is left to hear of it
        raise
