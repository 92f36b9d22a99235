"""The ground that all scenarios stand on: a control plane of its own, watcher, kubelet, the operator's rights."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import random
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import yaml

from tests.cluster.controlplane import ControlPlane
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.contract import chart
from tests.faults.history import Watcher
from tests.faults.kubelet import Kubelet
from tests.faults.nursery import Nursery
from tests.plane.api import Api, Object

NODES = 4
ALLOCATABLE = {"cpu": "64", "memory": "256Gi", "pods": "1000", "nvidia.com/gpu": "8"}
PATIENCE = 60.0
LIMITS = ("--kube-api-qps=500", "--kube-api-burst=1000")
CONTROLLERS = (
    "job-controller,garbage-collector-controller,namespace-controller,serviceaccount-controller,"
    "resourcequota-controller,ttl-after-finished-controller,root-ca-certificate-publisher-controller"
)
"""Without the lifecycle of nodes: the kubelet of this test sends no signs of life."""


@dataclass
class Ground:
    """What runs. `rights`: Roles and bindings of the operator in a namespace, as the chart has them."""

    plane: ControlPlane
    api: Api
    watcher: Watcher
    kubelet: Kubelet
    nursery: Nursery
    rights: list[Object]

    async def stop(self, *names: str) -> None:
        """Ends processes of the control plane."""
        for name in names:
            await asyncio.to_thread(self.plane.processes.stop, name, 2)

    async def start(self) -> None:
        """Starts those that do not run, and returns when the API server is ready."""
        await asyncio.to_thread(self.plane.start)

    @property
    def etcd(self) -> Path:
        """Where etcd keeps everything."""
        return self.plane.state / "etcd"


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """A fresh control plane; nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="penstock-faults-"))
    plane = ControlPlane(
        state,
        first_port=free_ports(5),
        controller_manager_flags=(*LIMITS, "--concurrent-job-syncs=16", f"--controllers={CONTROLLERS}"),
        scheduler_flags=LIMITS,
    )
    nursery = Nursery()
    try:
        await asyncio.to_thread(_prepare, plane)
        async with (
            Api(plane, PATIENCE) as api,
            Watcher(api) as watcher,
            Kubelet(api, NODES, ALLOCATABLE) as kubelet,
        ):
            yield Ground(plane, api, watcher, kubelet, nursery, _rights())
    finally:
        nursery.close()
        plane.stop()
        shutil.rmtree(state, ignore_errors=True)


def _prepare(plane: ControlPlane) -> None:
    plane.start()
    plane.kubectl("apply", "-f", CHECKOUT / "crds")
    plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    # The garbage collector would look for new kinds only every 30 s.
    plane.processes.stop("kube-controller-manager", seconds=2)
    plane.start()


def _rights() -> list[Object]:
    """Roles and bindings of the chart; ``serviceAccount`` is that of the release ``demo``."""
    found: list[dict[str, Any]] = chart.objects(values={"settings": {"leaderElection": True}})
    return [yaml.safe_load(yaml.safe_dump(one)) for one in chart.of_kind(found, "Role", "RoleBinding")]


PORTS = range(12_000, 32_000, 10)
"""Where to look for ports: below those that connections get, so that none takes one in the meantime."""
QUARTERS = 4
"""So many runs on one machine have ports of their own. A replica that is down holds none of its ports."""


@cache
def _ports() -> Iterator[int]:
    """The ports of a quarter that no other run has, again and again. It is this run's as long as the process lives."""
    for quarter in random.sample(range(QUARTERS), QUARTERS):
        file = (Path(tempfile.gettempdir()) / f"penstock-faults-ports-{quarter}").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        _held.append(file)
        return itertools.cycle(random.sample(PORTS[quarter::QUARTERS], len(PORTS[quarter::QUARTERS])))
    raise ClusterError(f"{QUARTERS} runs have all ports; wait until one has ended")


_held: list[TextIO] = []


def free_ports(count: int) -> int:
    """The first of so many ports in a row, ten at most, that nobody listens on; no two calls give the same."""
    while True:
        first = next(_ports())
        try:
            for port in range(first, first + count):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
