"""What the page sends."""

from typing import Any

import orjson
from aiohttp import web

from penstock.web.access.guard import BODY, refuse


def body_of(request: web.Request, kind: str) -> bytes | web.Response:
    """The body, of that type; else why it is refused."""
    if request.content_type != kind:
        return refuse(415, f"this takes {kind}")
    return request[BODY]


def json_of(request: web.Request) -> dict[str, Any] | web.Response | None:
    """The object in a JSON body, None if there is none; else why the body is refused."""
    body = body_of(request, "application/json")
    if isinstance(body, web.Response):
        return body
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
