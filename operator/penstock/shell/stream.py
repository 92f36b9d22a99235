"""A short cut through kopf: events are taken from its streams at once.

kopf hands every event to a task and a queue of its object, wraps the object for handlers, and looks for changes, state
and indices. Ours is one function that returns at once, so all of that (0.5 ms an event, and a step makes about
thirteen) is passed by. What remains is what kopf is here for: lists, watches, reconnections, 410 Gone, pauses.

And a watch that kopf gives up, after some tries, begins again: a namespace whose Role is gone (403), an error in the
middle of a stream or a proxy's page would otherwise end the whole operator.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import structlog
from kopf._cogs.clients import api, errors, watching

from penstock.api.plain import decode

log = structlog.get_logger(__name__)

Take = Callable[[Mapping[str, Any]], None]
"""Takes in a watch event; its `type` is None if the object was listed."""

TAKERS: ContextVar[Mapping[tuple[str, str], Take]] = ContextVar("TAKERS")
"""Who takes the events of a resource, by group and plural. It holds for the tasks that are created while it is set."""

AT_ONCE = 32
"""Events that are taken before others get their turn: a megabyte of them may have come together."""

PAUSE = 5.0
"""Seconds until a watch that was given up begins again."""

_infinite_watch = watching.infinite_watch


async def _watch(*, resource: Any, namespace: Any, **options: Any) -> AsyncIterator[Any]:
    said = ""
    while True:
        try:
            async for event in _taken(resource=resource, namespace=namespace, **options):
                said = ""
                yield event
        except Exception as error:
            if repr(error) != said:
                said = repr(error)
                where = namespace or "all"
                log.warning("cannot be watched; it is tried again", kind=resource.kind, namespace=where, error=said)
        await asyncio.sleep(PAUSE)


async def _taken(*, resource: Any, **options: Any) -> AsyncIterator[Any]:
    """The events that are kopf's; the others are taken."""
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
    """kopf's own reads with a parser that one object cannot defeat, however deep it is nested.

    What something in between has answered, or half an answer, is no answer: it is asked for again. kopf finds out only
    once what there is to watch, and ends, or watches nothing, if it is told nonsense.
    """
    while True:
        try:
            async with await api.request("get", url, **options) as response:
                found = decode(await response.read())
            if isinstance(found, dict):
                return found
            said = "not an object"
        except errors.APINotFoundError as error:
            if error.code is not None:
                raise
            said = "404, but not by the API server"
        except (ValueError, aiohttp.ClientPayloadError) as error:
            said = str(error)
        log.warning("not an answer of the API server; it is asked again", url=url, error=said)
        await asyncio.sleep(PAUSE)


watching.infinite_watch = _watch
api.get = _get
api.json = SimpleNamespace(loads=decode)  # type: ignore[attr-defined, assignment]
