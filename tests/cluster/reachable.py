"""Addresses of this machine that pods of the cluster reach."""

from __future__ import annotations

import socket

from tests.cluster import network
from tests.cluster.choice import cluster
from tests.cluster.local import LocalCluster


def host() -> str:
    """An address of this machine that pods reach."""
    return network.NODE_ADDRESS if isinstance(cluster(), LocalCluster) else _own_address()


def free_port(address: str) -> int:
    """A port that nobody listens at there."""
    with socket.create_server((address, 0)) as probe:
        found: int = probe.getsockname()[1]
        return found


def _own_address() -> str:
    """The address from which this machine reaches others. Nothing is sent: a UDP socket only looks up the route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found: str = probe.getsockname()[0]
        return found
