"""What the page may ask for."""

import asyncio
from contextlib import AbstractAsyncContextManager
from gzip import compress
from importlib.metadata import version
from secrets import token_hex
from typing import Any

from aiohttp import web

from penstock.cluster.failure import Failure
from penstock.web.answers import answer, failed
from penstock.web.guard import refuse
from penstock.web.look import Look
from penstock.web.paths import ONE, STEP
from penstock.web.streams import TAB, Streams
from penstock.web.viewer import Viewer
from penstock.web.wire import Hello, encode

PATIENCE_SECONDS = 30.0
"""For so long an answer may take that the API server has to be asked for."""


class Routes:
    """The handlers, for one viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._streams = Streams()
        self._drawing = asyncio.Lock()  # one at a time: it takes a processor

    def add_to(self, app: web.Application) -> None:
        """Adds them to an application."""
        app.router.add_get("/api/hello", self.hello)
        app.router.add_get("/api/pipelines", self.list)
        app.router.add_get("/api/pipelines/stream", self.list_stream)
        app.router.add_get(ONE, self.pipeline)
        app.router.add_get(f"{ONE}/stream", self.pipeline_stream)
        app.router.add_get(f"{ONE}/graph", self.graph)
        app.router.add_get(STEP, self.step)

    async def hello(self, request: web.Request) -> web.Response:
        """Who asks, and of what."""
        cluster = self._viewer.cluster
        try:
            user = await asyncio.to_thread(cluster.user)
        except Failure as failure:
            return refuse(502, str(failure))
        told = Hello(version("penstock"), user, cluster.namespace, cluster.context or "")
        return answer(told)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """All Pipelines."""
        return await self._snapshot(request, self._viewer.pipelines())

    async def list_stream(self, request: web.Request) -> web.StreamResponse:
        """How they change."""
        return await self._stream(request, self._viewer.pipelines())

    async def pipeline(self, request: web.Request) -> web.StreamResponse:
        """One Pipeline with its steps."""
        return await self._snapshot(request, self._viewer.pipeline(**request.match_info))

    async def pipeline_stream(self, request: web.Request) -> web.StreamResponse:
        """How they change."""
        return await self._stream(request, self._viewer.pipeline(**request.match_info))

    async def graph(self, request: web.Request) -> web.StreamResponse:
        """Where the boxes and arrows of its graph go; `open`: what is shown inside, by commas."""
        opened = request.query.get("open", "").split(",")
        async with self._viewer.pipeline(**request.match_info) as look:
            refused = await _refused(look)
            if refused:
                return refused
            async with self._drawing:
                found = await look.state.shape(opened)
        body = await asyncio.to_thread(lambda: compress(encode(found), 6))
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    async def step(self, request: web.Request) -> web.StreamResponse:
        """All that is told of one step."""
        try:
            found = await asyncio.to_thread(self._viewer.step, **request.match_info)
        except Failure as failure:
            return failed(failure)
        return answer(found)

    async def _snapshot(
        self, request: web.Request, looking: AbstractAsyncContextManager[Look[Any]]
    ) -> web.StreamResponse:
        async with looking as look:
            refused = await _refused(look)
            if refused:
                return refused
            id_, body = await look.snapshot()
        tag = f'"{id_}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        headers = {"ETag": tag, "Content-Encoding": "gzip"}
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _stream(
        self, request: web.Request, looking: AbstractAsyncContextManager[Look[Any]]
    ) -> web.StreamResponse:
        key = self._viewer.identity, request.headers.get(TAB) or token_hex(8)  # who names no tab is one of their own
        refused = self._streams.refused(*key)
        if refused:
            return refused
        async with looking as look:
            return await self._streams.run(request, look, request.headers.get("Last-Event-ID", ""), key)


async def _refused(look: Look[Any]) -> web.Response | None:
    """Why there is nothing to show; None if there is."""
    if not await look.known(PATIENCE_SECONDS):
        return refuse(502, look.trouble.message or "the API server takes long to answer; try again")
    return refuse(404, "there is no such Pipeline (any more)") if look.state.gone else None
