"""What the page may ask for about schedules."""

import asyncio
import time

from aiohttp import web

from penstock.cluster.schedules import scheduling
from penstock.web.answers import answer
from penstock.web.guard import VIEWER
from penstock.web.told import Schedules
from penstock.web.turns import Turns


class ScheduleRoutes:
    """The handler."""

    def __init__(self) -> None:
        self._turns = Turns()

    def add_to(self, app: web.Application) -> None:
        """Adds it to an application."""
        app.router.add_get("/api/schedules", self.schedules)

    async def schedules(self, request: web.Request) -> web.StreamResponse:
        """All that they may see."""
        now = time.time()
        viewer = request[VIEWER]
        async with self._turns.of(viewer):
            found = await asyncio.to_thread(scheduling, viewer.cluster, now)
        return answer(Schedules(now, found.scope, found.hidden, found.schedules))
