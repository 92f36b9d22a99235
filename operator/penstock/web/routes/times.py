"""What the page may ask for about time."""

import asyncio
import time
from weakref import WeakKeyDictionary

from aiohttp import web

from penstock.web.access.guard import VIEWER, refuse
from penstock.web.access.turns import Turns
from penstock.web.followed.look import Look
from penstock.web.followed.pipelines import PipelineState
from penstock.web.http.answers import answer, unchanged, unpacked
from penstock.web.http.paths import ONE, STEP, named
from penstock.web.routes.pipelines import refused
from penstock.web.wire import packed


class TimeRoutes:
    """The handlers."""

    def __init__(self) -> None:
        self._computing = asyncio.Lock()  # one at a time: it takes a processor
        self._turns = Turns()
        self._told: WeakKeyDictionary[Look[PipelineState], tuple[str, bytes]] = WeakKeyDictionary()

    def add_to(self, app: web.Application) -> None:
        """Adds them to an application."""
        app.router.add_get("/api/capacity", self.capacity)
        app.router.add_get(f"{ONE}/times", self.times)
        app.router.add_get(f"{ONE}/outlook", self.outlook)
        app.router.add_get(f"{STEP}/why", self.why)

    async def times(self, request: web.Request) -> web.StreamResponse:
        """When the steps of a Pipeline waited and ran."""
        async with request[VIEWER].pipeline(*named(request)) as look:
            why_not = await refused(look)
            if why_not:
                return why_not
            known = unchanged(request, look.topic.id)
            if known:
                return known
            async with self._turns.of(request[VIEWER]):
                id_, body = await self._times(look)
        return unpacked(body, id_)

    async def outlook(self, request: web.Request) -> web.StreamResponse:
        """The plan of a Pipeline, what is expected of it, and the resources that it runs on."""
        async with request[VIEWER].pipeline(*named(request)) as look:
            why_not = await refused(look)
            if why_not:
                return why_not
            async with self._turns.of(request[VIEWER]):
                found = await request[VIEWER].outlook(*named(request), look)
        if found is None:  # no fault of who asks: the page asks again and again, whatever becomes of the manifest
            return refuse(200, "there is no plan: the manifest is not valid, or the Pipeline was deleted")
        return unpacked(await asyncio.to_thread(packed, found))

    async def capacity(self, request: web.Request) -> web.StreamResponse:
        """All Pipelines on all nodes."""
        async with self._turns.of(request[VIEWER]):
            found = await request[VIEWER].capacity()
        return unpacked(await asyncio.to_thread(packed, found))

    async def why(self, request: web.Request) -> web.StreamResponse:
        """Why a step of a Pipeline stands as it does."""
        async with self._turns.of(request[VIEWER]):
            found = await request[VIEWER].why(**request.match_info)
        return answer(found)

    async def _times(self, look: Look[PipelineState]) -> tuple[str, bytes]:
        """Found once for all who look at that state."""
        async with self._computing:
            id_ = look.topic.id
            known = self._told.get(look)
            if known is None or known[0] != id_:
                found = await look.state.times(id_, time.time())
                known = self._told[look] = id_, await asyncio.to_thread(packed, found)
        return known
