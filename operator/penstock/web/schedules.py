"""What the page may ask for about schedules."""

import asyncio
import time

from aiohttp import web

from penstock.cluster.api import Refused
from penstock.cluster.failure import Failure
from penstock.cluster.schedules import scheduling
from penstock.web.guard import refuse
from penstock.web.told import Schedules
from penstock.web.viewer import Viewer
from penstock.web.wire import encode


class ScheduleRoutes:
    """The handler, for one viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._reading = asyncio.Lock()  # one at a time: it may take a while, and tells everything

    def add_to(self, app: web.Application) -> None:
        """Adds it to an application."""
        app.router.add_get("/api/schedules", self.schedules)

    async def schedules(self, request: web.Request) -> web.StreamResponse:
        """All that they may see."""
        now = time.time()
        async with self._reading:
            try:
                found = await asyncio.to_thread(scheduling, self._viewer.cluster, now)
            except Refused as refused:
                return refuse(403 if refused.status == 403 else 502, str(refused))
            except Failure as failure:
                return refuse(502, str(failure))
        told = Schedules(now, found.scope, found.hidden, found.schedules)
        return web.Response(body=encode(told), content_type="application/json")
