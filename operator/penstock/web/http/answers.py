"""Answers of data."""

from aiohttp import web

from penstock.web.wire import Message, encode


def answer(message: Message) -> web.Response:
    """A message as JSON."""
    return web.Response(body=encode(message), content_type="application/json")


def unpacked(body: bytes, id_: str | None = None) -> web.Response:
    """An answer that the browser unpacks. `id_`: of the state that it tells, for `unchanged`."""
    tag = {"ETag": f'"{id_}"'} if id_ is not None else {}
    return web.Response(body=body, content_type="application/json", headers={**tag, "Content-Encoding": "gzip"})


def unchanged(request: web.Request, id_: str) -> web.Response | None:
    """The answer to whoever has that state already; None to others."""
    tag = f'"{id_}"'
    return web.Response(status=304, headers={"ETag": tag}) if request.headers.get("If-None-Match") == tag else None
