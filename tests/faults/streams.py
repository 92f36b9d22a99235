"""A watch on its way through the proxy: its events one by one, and what befalls them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import orjson
from aiohttp import web

from tests.faults.rules import Book, Call, End, Freeze, Gone, Lag, Lose, Reorder, Repeat, Tear

PATIENCE = 1.0
"""Seconds that a reordered event waits for the one that is to come before it."""


class Torn(Exception):
    """The connection is to be closed without an end."""


async def pump(
    source: aiohttp.ClientResponse,
    target: web.StreamResponse,
    resource: str,
    book: Book,
    thaw: Callable[[], asyncio.Event],
) -> None:
    """Forwards the events of a watch until it ends, as the rules say. Raises Torn where the connection is to break."""
    held = b""
    lines = _lines(source)
    following: asyncio.Task[bytes] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(anext(lines, b""))
            done, _ = await asyncio.wait((following,), timeout=PATIENCE if held else None)
            if not done:
                await target.write(held)
                held = b""
                continue
            line, following = following.result(), None
            if not line:
                if held:
                    await target.write(held)
                return
            fault = (
                None if _bookmark(line) else book.event(Call("event", resource, ordinal=book.number("event", resource)))
            )
            match fault:
                case Lose():
                    continue
                case Freeze(seconds):
                    await _until(thaw(), seconds)
                case Lag(seconds):
                    await asyncio.sleep(seconds)
                case Gone(code):
                    await target.write(_expired(code))
                    return
                case Tear():
                    await target.write(line[: len(line) // 2])
                    raise Torn
                case End():
                    return
                case Reorder() if not held:
                    held = line
                    continue
            await target.write(line * (2 if isinstance(fault, Repeat) else 1))
            if held:
                await target.write(held)
                held = b""
    finally:
        if following:
            following.cancel()


async def _lines(source: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The lines, each with its end."""
    rest = b""
    async for chunk in source.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line + b"\n"


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _bookmark(line: bytes) -> bool:
    return line.startswith(b'{"type":"BOOKMARK"')


def _expired(code: int) -> bytes:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "too old resource version: a fault that the test makes",
        "reason": "Expired" if code == 410 else "InternalError",
        "code": code,
    }
    return orjson.dumps({"type": "ERROR", "object": status}) + b"\n"
