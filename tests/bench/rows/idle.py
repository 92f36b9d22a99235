"""Row 12: 2,000 steps wait and nothing can start: behind `parallelism`, or for room, beside others or not."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.rig import NODES, Rig, rig
from tests.bench.rows.measured import spending
from tests.plane.api import PODS, Object, path

COUNT = 2_000
SETTLING, SECONDS = 20.0, 60.0
LARGE = {"requests": {"cpu": "40"}}
"""One fits on each node."""
RESTLESS = 0.1
"""Seconds for which a pod of somebody else is there, and then is not."""


async def behind_parallelism() -> list[Figure]:
    """One step of each Pipeline runs, and its parallelism is 1."""
    steps = workloads.independent(COUNT // 4, hold=True)
    pipelines = [workloads.pipeline(f"idle-{number}", steps, parallelism=1) for number in range(4)]
    return await _trial(f"{COUNT:,} queued, nothing runnable", pipelines, 4, 0.5)


async def for_room() -> list[Figure]:
    """Each node has room for one step, and has one."""
    return await _trial(f"{COUNT:,} ready, waiting for room", large(4), NODES, 0.5)


async def beside_others() -> list[Figure]:
    """The same in twenty Pipelines, while a pod of somebody else comes and goes: the ledger is never the same."""
    name = f"20 x {COUNT // 20} waiting for room while a pod comes and goes"
    return await _trial(name, large(20), NODES, 2.0, restless=True)


def large(pipelines: int, steps: int = COUNT) -> list[Object]:
    """So many steps in so many Pipelines, of which one fits on each node."""
    made = [
        workloads.step(f"s{number:04}", hold=True, resources=LARGE, duration="1h")
        for number in range(steps // pipelines)
    ]
    return [workloads.pipeline(f"idle-{number}", made) for number in range(pipelines)]


@asynccontextmanager
async def standing(bench: Rig, pipelines: Sequence[Object], running: int, steps: int = COUNT) -> AsyncIterator[str]:
    """The Pipelines in a namespace of their own, once so many steps run and a Step is there for each."""
    space = await bench.namespace("idle")
    async with Observer(bench.api, space) as seen:
        await bench.apply(space, *pipelines)
        await seen.until(
            "the running steps", lambda: len(seen.running) == running and len(seen.step_phases) == steps, 300
        )
        yield space


async def _trial(
    name: str, pipelines: Sequence[Object], running: int, most: float, restless: bool = False
) -> list[Figure]:
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            async with standing(bench, pipelines, running):
                others = asyncio.create_task(_come_and_go(bench)) if restless else None
                await asyncio.sleep(SETTLING)
                began = time.monotonic()
                with spending(bench, operator) as spent:
                    await asyncio.sleep(SECONDS)
                seconds = time.monotonic() - began
                if others:
                    others.cancel()
                    await asyncio.gather(others, return_exceptions=True)
    return [
        Figure(12, f"{name}: share of a core", spent.operator / seconds * 100, "%", most),
        Figure(12, f"{name}: writes", spent.calls.writes().total() / seconds, "/s", 0),
    ]


async def _come_and_go(bench: Rig) -> None:
    """A pod on a simulated node, again and again."""
    space = await bench.namespace("others")
    node = (await bench.api.items("/api/v1/nodes"))[0][0]["metadata"]["name"]
    container = {"name": "c", "image": workloads.IMAGE, "resources": {"requests": {"cpu": "1"}}}
    for number in itertools.count():
        pod = {"metadata": {"name": f"other-{number}"}, "spec": {"nodeName": node, "containers": [container]}}
        await bench.api.create(path(PODS, space), pod)
        await asyncio.sleep(RESTLESS)
        await bench.api.delete(path(PODS, space, f"other-{number}"))
        await asyncio.sleep(RESTLESS)
