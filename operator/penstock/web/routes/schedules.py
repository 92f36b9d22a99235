"""What the page may ask for about schedules."""

import time

from aiohttp import web

from penstock.cluster.api import Refused
from penstock.cluster.schedules import scheduling
from penstock.web.access.guard import VIEWER
from penstock.web.access.turns import Turns
from penstock.web.access.viewer import Viewer
from penstock.web.followed.look import PATIENCE_SECONDS
from penstock.web.http.answers import answer
from penstock.web.threads import in_thread
from penstock.web.told import Schedules


class ScheduleRoutes:
    """The handler."""

    def __init__(self) -> None:
        self._turns = Turns()

    def add_to(self, app: web.Application) -> None:
        """Adds it to an application."""
        app.router.add_get("/api/schedules", self.schedules)

    async def schedules(self, request: web.Request) -> web.StreamResponse:
        """All that they may see."""
        viewer, now = request[VIEWER], time.time()
        async with self._turns.of(viewer):
            found = await in_thread(scheduling, viewer.cluster, now, await _homes(viewer))
        return answer(Schedules(now, found.scope, found.hidden, found.schedules))


async def _homes(viewer: Viewer) -> list[str]:
    """Where they may look who may not look everywhere: where they may list Pipelines, and where they are at home."""
    try:
        async with viewer.pipelines() as look:
            found = look.state.namespaces if await look.known(PATIENCE_SECONDS) else frozenset()
    except Refused:
        found = frozenset()
    return sorted({viewer.cluster.namespace, *found})
