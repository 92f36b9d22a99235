"""What the page sends: never more of it is read than a route takes."""

import asyncio

from aiohttp import web

from penstock.web.guard import refuse

SECONDS = 10.0
"""A body that takes longer is not waited for."""


async def body_of(request: web.Request, kind: str, most: int) -> bytes | web.Response:
    """The body, of that type and of at most so many bytes; else why it is refused. What is beyond is not read."""
    if request.content_type != kind:
        return refuse(415, f"this takes {kind}")
    found = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for piece in request.content.iter_any():
                found += piece
                if len(found) > most:
                    return refuse(413, f"at most {most:,} bytes may be sent")
    except TimeoutError:
        return refuse(408, f"what is sent must be here within {SECONDS:g}s")
    return bytes(found)
