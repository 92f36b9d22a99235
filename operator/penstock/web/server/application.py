"""What `penstock ui` and the server in the cluster have in common: routes behind a door, and a socket."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from aiohttp import web

from penstock.web.access.guard import HEALTH, Door, dressed, guarded
from penstock.web.followed.looks import Looks
from penstock.web.routes.acting import ActRoutes
from penstock.web.routes.files import Files
from penstock.web.routes.logs import LogRoutes
from penstock.web.routes.past import PastRoutes
from penstock.web.routes.pipelines import Routes
from penstock.web.routes.plans import PlanRoutes
from penstock.web.routes.schedules import ScheduleRoutes
from penstock.web.routes.times import TimeRoutes

HEADER_SECONDS = 20.0
"""A connection is ended on which no request, and no further one, has come whole after so long."""
LINGERING_SECONDS = 5.0
"""For so long a body is read that nobody asked for."""


def application(door: Door, looks: Looks, about: Mapping[str, str] = MappingProxyType({})) -> web.Application:
    """The application behind a door. `about`: what the page is told of the server (see static/token.js)."""
    app = web.Application(middlewares=[guarded(door)])
    app.on_response_prepare.append(dressed)

    async def end(_: web.Application) -> None:
        looks.close()

    app.on_shutdown.append(end)
    app.router.add_get(HEALTH, _well)
    inner = web.Application() if door.base else app
    Files(about).add_to(inner)
    for routes in (Routes(), TimeRoutes(), LogRoutes(), PastRoutes(), PlanRoutes(), ActRoutes(), ScheduleRoutes()):
        routes.add_to(inner)
    if door.base:
        app.router.add_get(door.base, _with_slash)
        app.add_subapp(door.base, inner)
    return app


async def _well(request: web.Request) -> web.Response:
    """For probes: the loop turns. It asks nobody: when the API server is away, another server would not help."""
    return web.Response(text="ok\n")


async def _with_slash(request: web.Request) -> web.Response:
    """The page's addresses are relative to where it is."""
    return web.Response(
        status=308, headers={"Location": str(request.rel_url.with_path(f"{request.path}/", keep_query=True))}
    )


@asynccontextmanager
async def listening(app: web.Application, bound: socket.socket) -> AsyncIterator[None]:
    """Serves on a bound socket."""
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=1.0,
        handler_cancellation=True,
        keepalive_timeout=HEADER_SECONDS,
        lingering_time=LINGERING_SECONDS,
    )
    await runner.setup()
    await web.SockSite(runner, bound, backlog=1024).start()
    try:
        yield
    finally:
        await runner.cleanup()
