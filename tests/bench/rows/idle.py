"""Row 12: 2,000 steps wait behind one that runs, and nothing can start."""

from __future__ import annotations

import asyncio
import time

from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.rig import rig
from tests.bench.rows.measured import spending

PIPELINES, STEPS = 4, 500
COUNT = PIPELINES * STEPS
SETTLING, SECONDS = 20.0, 60.0
NAME = f"{COUNT:,} queued, nothing runnable"


async def trial() -> list[Figure]:
    """One step of each Pipeline runs, and its parallelism is 1."""
    steps = workloads.independent(STEPS, hold=True)
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            space = await bench.namespace("idle")
            async with Observer(bench.api, space) as seen:
                await bench.apply(
                    space, *(workloads.pipeline(f"idle-{n}", steps, parallelism=1) for n in range(PIPELINES))
                )
                await seen.until(
                    "the running steps",
                    lambda: len(seen.running) == PIPELINES and len(seen.step_phases) == COUNT,
                    300,
                )
                await asyncio.sleep(SETTLING)
                began = time.monotonic()
                with spending(bench, operator) as spent:
                    await asyncio.sleep(SECONDS)
                seconds = time.monotonic() - began
    return [
        Figure(12, f"{NAME}: share of a core", spent.operator / seconds * 100, "%", 1),
        Figure(12, f"{NAME}: writes", spent.calls.writes().total() / seconds, "/s", 0.2),
    ]
