"""The rig: a control plane of its own with simulated nodes, and the operator as a process beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import stages, workloads
from tests.bench.audit import AuditLog
from tests.bench.observer import Observer
from tests.cluster import simulated
from tests.cluster.controlplane import ControlPlane
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.plane.api import JOBS, PIPELINES, Api, Object, path
from tests.plane.operator import Operator
from tests.plane.usage import Process

FIRST_PORT = 17443
HEALTH_PORT = FIRST_PORT + 8
METRICS_PORT = FIRST_PORT + 9
NODES = 20
ALLOCATABLE = {"cpu": "64", "memory": "256Gi", "pods": "1000"}
LIMITS = ("--kube-api-qps=500", "--kube-api-burst=1000")


@dataclass(frozen=True)
class Flags:
    """What the controllers of the control plane are started with."""

    controller_manager: tuple[str, ...] = ()
    scheduler: tuple[str, ...] = ()


STOCK = Flags()
"""As they come: the controller manager (20 requests a second, 5 Job syncs) caps Jobs at about 3 a second."""
TUNED = Flags((*LIMITS, "--concurrent-job-syncs=32"), LIMITS)
"""The stock scheduler would be next to be the bottleneck: it binds 50 pods a second."""
OPERATOR = "penstock"
"""The operator's name in the audit log."""
WARM_UP = "warm-up"


@dataclass
class Rig:
    """A control plane that runs."""

    plane: ControlPlane
    api: Api

    @property
    def audit(self) -> AuditLog:
        """The audit log from now on."""
        return AuditLog.now(self.plane.audit_log)

    def cpu(self) -> float:
        """Seconds of processor time that the control plane and the simulated nodes have used."""
        run = self.plane.state / "run"
        return sum(Process(json.loads(file.read_text())["pid"]).cpu() for file in run.glob("*.json"))

    async def namespace(self, name: str) -> str:
        """A new namespace."""
        await self.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    async def apply(self, namespace: str, *pipelines: Object) -> None:
        """Create Pipelines, all at once."""
        where = path(PIPELINES, namespace)
        await asyncio.gather(*(self.api.create(where, one) for one in pipelines))

    def operator(self, settings: Object | None = None) -> Operator:
        """The operator, not started yet."""
        config, server = self.plane.state / "config", self.plane.server
        kubeconfig = self.plane.authority.kubeconfig(config / "operator.kubeconfig", server, OPERATOR, "system:masters")
        return Operator(self.plane.state / "logs", kubeconfig, HEALTH_PORT, METRICS_PORT, settings or {})

    @contextmanager
    def running(self, settings: Object | None = None) -> Iterator[Operator]:
        """The operator, until the end of the block. It is still to be seen to work: ``warm_up``."""
        operator = self.operator(settings)
        operator.start()
        try:
            yield operator
        except BaseException:
            sys.stderr.write(f"the end of the operator's log:\n{operator.tail()}\n")
            raise
        finally:
            operator.stop()

    async def warm_up(self, name: str = WARM_UP) -> Object:
        """Runs a Pipeline of one step in a new namespace of that name, so that operator and controllers are known to
        work.

        Returns:
            The step's Job.
        """
        space = await self.namespace(name)
        async with Observer(self.api, space) as seen:
            await self.apply(space, workloads.pipeline(WARM_UP, workloads.independent(1)))
            await seen.until("the first Pipeline", lambda: WARM_UP in seen.finished, 60)
            if seen.finished[WARM_UP][1] != "Succeeded":
                raise ClusterError(f"the first Pipeline ended as {seen.finished[WARM_UP][1]}")
        jobs, _ = await self.api.items(path(JOBS, space))
        return jobs[0]


@asynccontextmanager
async def rig(
    flags: Flags = TUNED, nodes: int = NODES, allocatable: Mapping[str, str] = ALLOCATABLE
) -> AsyncIterator[Rig]:
    """A fresh control plane with simulated nodes and the CRDs; nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    plane = ControlPlane(
        state,
        first_port=FIRST_PORT,
        audit=True,
        controller_manager_flags=flags.controller_manager,
        scheduler_flags=flags.scheduler,
    )
    try:
        plane.start()
        plane.kubectl("apply", "-f", CHECKOUT / "crds")
        simulated.start(plane, nodes, dict(allocatable), stages=stages.write(state / "config" / "stages.yaml"))
        plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        async with Api(plane) as api:
            yield Rig(plane, api)
    finally:
        simulated.stop(plane)
        plane.stop()
        shutil.rmtree(state, ignore_errors=True)
