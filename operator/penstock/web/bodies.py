"""What the page sends."""

from aiohttp import web

from penstock.web.guard import BODY, refuse


def body_of(request: web.Request, kind: str) -> bytes | web.Response:
    """The body, of that type; else why it is refused."""
    if request.content_type != kind:
        return refuse(415, f"this takes {kind}")
    return request[BODY]
