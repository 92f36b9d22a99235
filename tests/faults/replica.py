"""One replica of the operator: the process, its proxy, and who starts it anew when it has ended, as a kubelet does."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.cluster.paths import made
from tests.faults.ground import Ground, free_ports
from tests.faults.nursery import CLOCK
from tests.faults.proxy import Proxy
from tests.plane.api import trusting
from tests.plane.operator import Operator

SAMPLES = 0.5
LONGEST_PAUSE = 10.0
PROBE_SECONDS = 5.0
"""How long an answer to a probe may take: the chart's probes give up after as long."""
PROBES = 3
"""So many that are not answered may have been bad luck,"""
DEAF_SECONDS = 15.0
"""and so long none may be answered: far less than the chart's probes bear, but longer than a process takes to end."""
BEGIN_SECONDS = 60.0
"""How long a process may take until it answers its first probe, on a busy machine."""


class Hearing:
    """What probes tell: single ones may fail, a silence may not last."""

    def __init__(self) -> None:
        self._heard: float | None = None
        self._missed = 0

    def deaf(self, answered: bool, now: float) -> bool:
        """Takes in a probe made at `now`; whether with it the silence is too long, told once for each silence."""
        if answered or self._heard is None:
            self._heard, self._missed = now, 0
            return False
        self._missed += 1
        if self._missed < PROBES or now - self._heard < DEAF_SECONDS:
            return False
        self._heard = math.inf
        return True


class Replica:
    """A replica that is started again whenever it ends, unless it is `held` down."""

    def __init__(
        self, ground: Ground, folder: Path, namespace: str, number: int, settings: Mapping[str, Any], seed: str
    ) -> None:
        self.name = f"operator-{number}"
        self.namespace = namespace
        self.token = made(folder) / "token"
        self.clock = folder / f"clock-{number}"
        self.proxy = Proxy(ground.plane.server, trusting(ground.plane, ""), f"{seed}/{number}", self.kill)
        self.operator = Operator(
            folder,
            folder / f"kubeconfig-{number}",
            0,
            0,
            settings,
            {
                "POD_NAMESPACE": namespace,
                "POD_NAME": self.name,
                CLOCK: str(self.clock),
            },
            self.name,
            ground.nursery.fork,
        )
        self.held = False
        self.exits: list[tuple[float, int]] = []
        """When it ended by itself, and its exit code; what the test killed is not among them."""
        self.kills = 0
        self.starts = 0
        self.peak = 0.0
        self.deaf: list[str] = []
        """Probes that were not answered."""
        self._keeper: asyncio.Task[None] | None = None
        self._killed = False
        self._paused = False

    async def start(self) -> None:
        """Starts proxy and process."""
        await self.proxy.start()
        self.operator.health_port = free_ports(2)  # only now: what is free long before may be somebody's by then
        self.operator.metrics_port = self.operator.health_port + 1
        self.operator.kubeconfig.write_text(json.dumps(self._kubeconfig()))
        self._launch()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ends both."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.to_thread(self.operator.stop)
        await self.proxy.stop()

    def kill(self) -> None:
        """SIGKILL, on behalf of the test."""
        if self.operator.ended() is None:
            self.kills += 1
            self._killed = True
            self.operator.kill()

    def pause(self) -> None:
        """SIGSTOP until `resume`."""
        self._paused = True
        self.operator.pause()

    def resume(self) -> None:
        """SIGCONT."""
        self.operator.resume()
        self._paused = False

    def shift_clock(self, seconds: float) -> None:
        """From now on its wall clock is wrong by so much."""
        self.clock.write_text(str(seconds))

    async def metrics(self) -> str:
        """What it tells about itself; nothing if it does not run."""
        return await self._ask(self.operator.metrics_port, "/metrics")

    async def _ask(self, port: int, path: str) -> str:
        patience = aiohttp.ClientTimeout(total=PROBE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.get(f"http://127.0.0.1:{port}{path}") as got,
            ):
                return await got.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""

    def _launch(self) -> None:
        self.starts += 1
        self._began = time.monotonic()
        self._answered = False
        self.operator.start()

    async def _keep(self) -> None:
        pause = 0.2
        hearing = Hearing()
        while True:
            await asyncio.sleep(SAMPLES if self.operator.ended() is None else pause)
            code = self.operator.ended()
            if code is None:
                try:
                    self.peak = max(self.peak, self.operator.process.memory())
                except (ProcessLookupError, FileNotFoundError):
                    continue
                now = time.monotonic()
                if hearing.deaf(await self._well(), now):
                    self.deaf.append(f"{self.name} answered no probe for {DEAF_SECONDS:g} s")
                continue
            if not self._killed:
                self.exits.append((time.monotonic(), code))
                pause = min(LONGEST_PAUSE, pause * 2) if time.monotonic() - self._began < 20 else 0.2
            if not self.held:
                self._killed = False
                self._launch()

    async def _well(self) -> bool:
        """Whether a probe is answered: from the first answer of the process on, or after its time to begin."""
        if self._paused:
            return True
        answered = bool(await self._ask(self.operator.health_port, "/healthz"))
        self._answered |= answered
        return answered or not (self._answered or time.monotonic() - self._began > BEGIN_SECONDS)

    def _kubeconfig(self) -> dict[str, object]:
        context = {"cluster": "proxy", "user": "operator", "namespace": self.namespace}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.proxy.url}}],
            "users": [{"name": "operator", "user": {"tokenFile": str(self.token)}}],
            "contexts": [{"name": "proxy", "context": context}],
            "current-context": "proxy",
        }
