"""What the page may ask for about schedules."""

import asyncio
import time

from aiohttp import web

from penstock.cluster.schedules import scheduling
from penstock.web.answers import answer
from penstock.web.guard import VIEWER
from penstock.web.told import Schedules


class ScheduleRoutes:
    """The handler."""

    def __init__(self) -> None:
        self._reading = asyncio.Lock()  # one at a time: it may take a while, and tells everything

    def add_to(self, app: web.Application) -> None:
        """Adds it to an application."""
        app.router.add_get("/api/schedules", self.schedules)

    async def schedules(self, request: web.Request) -> web.StreamResponse:
        """All that they may see."""
        now = time.time()
        async with self._reading:
            found = await asyncio.to_thread(scheduling, request[VIEWER].cluster, now)
        return answer(Schedules(now, found.scope, found.hidden, found.schedules))
