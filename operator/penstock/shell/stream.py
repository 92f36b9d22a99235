"""A short cut through kopf: events are taken from its streams at once.

kopf hands every event to a task and a queue of its object, wraps the object for handlers, and looks for changes, state
and indices. Ours is one function that returns at once, so all of that (0.5 ms an event, and a step makes about
thirteen) is passed by. What remains is what kopf is here for: lists, watches, reconnections, 410 Gone, pauses.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from kopf._cogs.clients import api, watching

from penstock.api.plain import decode

Take = Callable[[Mapping[str, Any]], None]
"""Takes in a watch event; its `type` is None if the object was listed."""

TAKERS: ContextVar[Mapping[tuple[str, str], Take]] = ContextVar("TAKERS")
"""Who takes the events of a resource, by group and plural. It holds for the tasks that are created while it is set."""

AT_ONCE = 32
"""Events that are taken before others get their turn: a megabyte of them may have come together."""

_infinite_watch = watching.infinite_watch


async def _watch(*, resource: Any, **options: Any) -> AsyncIterator[Any]:
    take = TAKERS.get({}).get((resource.group, resource.plural))
    taken = 0
    async for event in _infinite_watch(resource=resource, **options):
        if take is None or isinstance(event, watching.Bookmark):
            yield event
        elif event["type"] != "BOOKMARK":
            take(event)
            taken += 1
            if taken % AT_ONCE == 0:
                await asyncio.sleep(0)


async def _get(url: str, **options: Any) -> Any:
    """kopf's own reads with a parser that one object cannot defeat, however deep it is nested."""
    async with await api.request("get", url, **options) as response:
        return decode(await response.read())


watching.infinite_watch = _watch
api.get = _get
api.json = SimpleNamespace(loads=decode)  # type: ignore[attr-defined, assignment]
