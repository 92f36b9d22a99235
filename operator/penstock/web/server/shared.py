"""The server in the cluster: for many, each with rights of their own, with an account that sees what they look at."""

import asyncio
import resource
import signal
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from penstock.cluster.api import Cluster
from penstock.web.access.guard import Door
from penstock.web.access.visitors import Guests
from penstock.web.followed.looks import Looks
from penstock.web.followed.store import Store
from penstock.web.server import rubbish
from penstock.web.server.application import application, listening

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""As whom `kubectl port-forward` asks, with any port."""
THREADS = 64
"""For requests to the API server: it may answer one viewer slowly while others ask."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is served to whom.

    `namespaces`: those that are followed; none: all. `catalogues`: others whose Components Pipelines may use. `hosts`:
    names by which the page is opened, beside loopback. `base`: what its paths begin with, such as `/penstock`.
    `sign_in` and `sign_out`: paths of a proxy in front, if there is one, at which a session begins and ends.
    """

    namespaces: Sequence[str] = ()
    catalogues: Sequence[str] = ()
    hosts: Sequence[str] = ()
    base: str = ""
    sign_in: str = ""
    sign_out: str = ""


def shared(cluster: Cluster, offer: Offer) -> web.Application:
    """The application; `cluster` asks with the server's own account."""
    looks = Looks(Store(cluster))
    hosts = LOOPBACK | {host.lower() for host in offer.hosts}
    visitors = Guests(looks, offer.namespaces, offer.catalogues)
    about = {"shared": "", "sign-in": offer.sign_in, "sign-out": offer.sign_out}
    return application(Door(hosts, visitors, offer.base), looks, about)


async def serve(cluster: Cluster, offer: Offer, address: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT."""
    rubbish.rarely()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "ask"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems say more than they grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    bound = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    async with listening(shared(cluster, offer), bound):
        await ended.wait()
