"""The page itself: a few files, read once, with the digest that tells whether the browser has them already."""

import hashlib
from collections.abc import Mapping
from gzip import compress
from html import escape
from pathlib import PurePosixPath

from aiohttp import web

from penstock.web.access.guard import refuse
from penstock.web.routes.sent import PAGE, TYPES, sent


class Files:
    """What is in `static/`, and nothing else: no path of a request is ever opened."""

    def __init__(self, about: Mapping[str, str]) -> None:
        """`about`: what the page is told of the server, as data attributes of its root."""
        told = "".join(f'data-{name}="{escape(value)}" ' for name, value in about.items())
        self._files: dict[str, tuple[bytes, str, str]] = {}
        for name, text in sent():
            content = (text.replace("<html ", f"<html {told}", 1) if name == PAGE else text).encode()
            tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
            self._files[name] = compress(content, 9, mtime=0), TYPES[PurePosixPath(name).suffix], tag

    def add_to(self, app: web.Application) -> None:
        """Adds their routes to an application."""
        app.router.add_get("/", self.page)
        app.router.add_get("/static/{path:.+}", self.file)

    async def page(self, request: web.Request) -> web.Response:
        """The page."""
        return self._send(request, PAGE)

    async def file(self, request: web.Request) -> web.Response:
        """One of its files."""
        return self._send(request, request.match_info["path"])

    def _send(self, request: web.Request, name: str) -> web.Response:
        found = self._files.get(name)
        if found is None:
            return refuse(404, "there is nothing here")
        body, kind, tag = found
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
