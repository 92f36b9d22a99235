"""The ceiling: the same Jobs created by a plain client, with the same controllers, and no operator."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass

from tests.bench import workloads
from tests.bench.observer import Observer
from tests.bench.rig import Rig
from tests.plane.api import JOBS, PODS, Object, path


@dataclass(frozen=True)
class Ceiling:
    """``rate``: Jobs a second, from the first request until the last pod had succeeded. ``cpu``: of the plane, in
    seconds a Job."""

    rate: float
    cpu: float


async def run(rig: Rig, job: Object, count: int, seconds: float) -> Ceiling:
    """Creates ``count`` Jobs like ``job``, all at once."""
    space = await rig.namespace("bare")
    where = path(JOBS, space)
    async with Observer(rig.api, space, (JOBS, PODS)) as seen:
        cpu, began = rig.cpu(), time.monotonic()
        await asyncio.gather(
            *(rig.api.create(where, workloads.bare_job(job, f"bare-{number}")) for number in range(count))
        )
        end = await seen.until("the bare Jobs", lambda: len(seen.pods_done) == count, seconds)
    return Ceiling(count / (end - began), (rig.cpu() - cpu) / count)


async def diamonds(rig: Rig, job: Object, count: int, seconds: float, width: int = 8) -> float:
    """Diamonds of Jobs like ``job``, all at once: one, then ``width``, then one, each as soon as the pods before have
    succeeded. That is the least that whoever runs diamonds as Jobs asks of the control plane.

    Returns:
        Seconds from the first request until the last pod had succeeded.
    """
    space = await rig.namespace("bare-diamonds")
    ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def listen(collection: str, _: str, item: Object) -> None:
        if collection == PODS and item.get("status", {}).get("phase") == "Succeeded":
            ended[item["metadata"]["labels"]["batch.kubernetes.io/job-name"]].set()

    async def run(*names: str) -> None:
        await asyncio.gather(*(rig.api.create(path(JOBS, space), workloads.bare_job(job, name)) for name in names))
        await asyncio.gather(*(ended[name].wait() for name in names))

    async def diamond(name: str) -> None:
        await run(f"{name}-first")
        await run(*(f"{name}-middle-{number}" for number in range(width)))
        await run(f"{name}-last")

    async with Observer(rig.api, space, (JOBS, PODS), also=listen):
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(diamond(f"bare-{number}") for number in range(count)))
        return time.monotonic() - began
