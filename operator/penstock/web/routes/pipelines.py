"""What the page may ask for."""

import asyncio
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from secrets import token_hex
from typing import Any

from aiohttp import web

from penstock.web.access.guard import VIEWER, refuse
from penstock.web.access.turns import Turns
from penstock.web.followed.look import PATIENCE_SECONDS, SLOW, Look
from penstock.web.http.answers import answer, unchanged, unpacked
from penstock.web.http.paths import ONE, STEP, named
from penstock.web.http.streams import TAB, Streams
from penstock.web.threads import in_thread
from penstock.web.wire import Hello, packed


class Routes:
    """The handlers."""

    def __init__(self) -> None:
        self._streams = Streams()
        self._drawing = asyncio.Lock()  # one at a time: it takes a processor
        self._turns = Turns()

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
        cluster = request[VIEWER].cluster
        user = await in_thread(cluster.user)
        told = Hello(version("penstock"), user, cluster.namespace, cluster.context or "")
        return answer(told)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """All Pipelines."""
        return await self._snapshot(request, request[VIEWER].pipelines())

    async def list_stream(self, request: web.Request) -> web.StreamResponse:
        """How they change."""
        return await self._stream(request, request[VIEWER].pipelines(watch=True))

    async def pipeline(self, request: web.Request) -> web.StreamResponse:
        """One Pipeline with its steps."""
        return await self._snapshot(request, request[VIEWER].pipeline(*named(request)))

    async def pipeline_stream(self, request: web.Request) -> web.StreamResponse:
        """How they change."""
        return await self._stream(request, request[VIEWER].pipeline(*named(request), watch=True))

    async def graph(self, request: web.Request) -> web.StreamResponse:
        """Where the boxes and arrows of its graph go; `open`: what is shown inside, by commas."""
        opened = request.query.get("open", "").split(",")
        async with request[VIEWER].pipeline(*named(request)) as look:
            why_not = await refused(look)
            if why_not:
                return why_not
            async with self._turns.of(request[VIEWER]), self._drawing:
                found = await look.state.shape(opened)
        return unpacked(await asyncio.to_thread(packed, found))

    async def step(self, request: web.Request) -> web.StreamResponse:
        """All that is told of one step."""
        found = await in_thread(request[VIEWER].step, **request.match_info)
        return answer(found)

    async def _snapshot(
        self, request: web.Request, looking: AbstractAsyncContextManager[Look[Any]]
    ) -> web.StreamResponse:
        async with looking as look:
            why_not = await refused(look)
            if why_not:
                return why_not
            id_, body = await look.snapshot()
        return unchanged(request, id_) or unpacked(body, id_)

    async def _stream(
        self, request: web.Request, looking: AbstractAsyncContextManager[Look[Any]]
    ) -> web.StreamResponse:
        viewer = request[VIEWER]
        tab = request.headers.get(TAB) or token_hex(8)  # who names no tab is one of their own
        async with looking as look:
            why_not = self._streams.refused(viewer.name, tab)  # nothing is waited for between this and its opening
            if why_not:
                return why_not
            return await self._streams.run(request, viewer, tab, look)


async def refused(look: Look[Any]) -> web.Response | None:
    """Why there is nothing to show; None if there is."""
    if not await look.known(PATIENCE_SECONDS):
        return refuse(502, look.trouble.message or SLOW)
    return refuse(404, "there is no such Pipeline (any more)") if look.state.gone else None
