"""The server of `penstock ui`: on this machine, for one user."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure
from penstock.web.access.guard import Door
from penstock.web.access.rights import Owner
from penstock.web.access.viewer import Viewer
from penstock.web.access.visitors import Host
from penstock.web.followed.looks import Looks
from penstock.web.followed.store import Store
from penstock.web.server import rubbish
from penstock.web.server.application import application, listening
from penstock.web.surveyed.surveys import Surveying

ADDRESS = "127.0.0.1"


@asynccontextmanager
async def serving(cluster: Cluster, port: int = 0) -> AsyncIterator[str]:
    """A server that listens; gives its address, with the token after the `#`, which a browser sends to nobody.

    `port`: 0 for a free one. Raises Failure if it is taken.
    """
    bound = _bound(port)
    port = bound.getsockname()[1]
    token = secrets.token_urlsafe(32)
    looks = Looks(Store(cluster))
    viewer = Viewer(cluster, looks, Surveying(), Owner(), instead=cluster.namespace)
    names = frozenset(f"{name}:{port}" for name in (ADDRESS, "localhost"))
    async with listening(application(Door(names, Host(viewer, token)), looks), bound):
        yield f"http://{ADDRESS}:{port}/#token={token}"


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((ADDRESS, port))
    except OSError as error:
        bound.close()
        why = (error.strerror or str(error)).lower()
        raise Failure(f"cannot listen on port {port}: {why}; choose another with --port") from error
    return bound


async def serve(cluster: Cluster, port: int, look_at: Mapping[str, str], ready: Callable[[str], None]) -> None:
    """Serves until it is cancelled. `look_at`: what the page shows first; `ready` is told the address."""
    rubbish.rarely()
    async with serving(cluster, port) as address:
        place, _, token = address.partition("#")
        ready(f"{place}{'?' + urlencode(look_at, safe='/') if look_at else ''}#{token}")
        await asyncio.Event().wait()
