"""The server of `penstock ui`: on this machine, for one user."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from aiohttp import web

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure
from penstock.web.files import Files
from penstock.web.guard import MOST_BYTES, Door, dressed, guarded
from penstock.web.looks import Looks
from penstock.web.past import PastRoutes
from penstock.web.plans import PlanRoutes
from penstock.web.routes import Routes
from penstock.web.schedules import ScheduleRoutes
from penstock.web.viewer import Viewer

ADDRESS = "127.0.0.1"


def application(cluster: Cluster, door: Door) -> web.Application:
    """The application, for whoever shows the token of the door."""
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[guarded(door)])
    app.on_response_prepare.append(dressed)
    looks = Looks(cluster)

    async def end(_: web.Application) -> None:
        looks.close()

    app.on_shutdown.append(end)
    Files().add_to(app)
    viewer = Viewer(cluster, looks)
    Routes(viewer).add_to(app)
    PastRoutes(viewer).add_to(app)
    PlanRoutes(viewer).add_to(app)
    ScheduleRoutes(viewer).add_to(app)
    return app


@asynccontextmanager
async def serving(cluster: Cluster, port: int = 0) -> AsyncIterator[str]:
    """A server that listens; gives its address, with the token after the `#`, which a browser sends to nobody.

    `port`: 0 for a free one. Raises Failure if it is taken.
    """
    listening = _listening(port)
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(32)
    names = frozenset(f"{name}:{port}" for name in (ADDRESS, "localhost"))
    app = application(cluster, Door(names, token))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        yield f"http://{ADDRESS}:{port}/#token={token}"
    finally:
        await runner.cleanup()


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
    except OSError as error:
        listening.close()
        why = (error.strerror or str(error)).lower()
        raise Failure(f"cannot listen on port {port}: {why}; choose another with --port") from error
    return listening


async def serve(cluster: Cluster, port: int, look_at: Mapping[str, str], ready: Callable[[str], None]) -> None:
    """Serves until it is cancelled. `look_at`: what the page shows first; `ready` is told the address."""
    async with serving(cluster, port) as address:
        place, _, token = address.partition("#")
        ready(f"{place}{'?' + urlencode(look_at, safe='/') if look_at else ''}#{token}")
        await asyncio.Event().wait()
