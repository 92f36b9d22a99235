"""The ceiling: the same Jobs created by a plain client, with the same controllers, and no operator."""

from __future__ import annotations

import asyncio
import time
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
