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


@dataclass(frozen=True)
class Diamonds:
    """``seconds``: from the first request until the last pod had succeeded. ``hops``: ms from the last success that a
    Job needed until that Job was seen."""

    seconds: float
    hops: list[float]


async def diamonds(rig: Rig, job: Object, count: int, seconds: float, width: int = 8) -> Diamonds:
    """Diamonds of Jobs like ``job``, all at once: one, then ``width``, then one, each as soon as the pods before have
    succeeded. That is the least that whoever runs diamonds as Jobs asks of the control plane."""
    space = await rig.namespace("bare-diamonds")
    ended: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
    begun: dict[str, float] = {}
    succeeded: dict[str, float] = {}
    hops: list[float] = []

    def listen(collection: str, kind: str, item: Object) -> None:
        if collection == JOBS and kind == "ADDED":
            begun[item["metadata"]["name"]] = time.monotonic()
        elif collection == PODS and item.get("status", {}).get("phase") == "Succeeded":
            name = item["metadata"]["labels"]["batch.kubernetes.io/job-name"]
            succeeded.setdefault(name, time.monotonic())
            ended[name].set()

    async def run(before: list[str], names: list[str]) -> list[str]:
        await asyncio.gather(*(rig.api.create(path(JOBS, space), workloads.bare_job(job, name)) for name in names))
        await asyncio.gather(*(ended[name].wait() for name in names))
        if before:
            needed = max(succeeded[name] for name in before)
            hops.extend((begun[name] - needed) * 1000 for name in names)
        return names

    async def diamond(name: str) -> None:
        first = await run([], [f"{name}-first"])
        middle = await run(first, [f"{name}-middle-{number}" for number in range(width)])
        await run(middle, [f"{name}-last"])

    async with Observer(rig.api, space, (JOBS, PODS), also=listen):
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(diamond(f"bare-{number}") for number in range(count)))
        return Diamonds(time.monotonic() - began, hops)
