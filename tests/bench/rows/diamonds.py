"""Rows 1 and 2: fifty diamonds of ten steps at once."""

from __future__ import annotations

import time

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer
from tests.bench.rig import rig
from tests.bench.rows.chain import hops
from tests.bench.rows.measured import costs, spending

PIPELINES = 50
NAME = f"{PIPELINES} diamonds of ten steps at once"


async def trial() -> list[Figure]:
    """Fifty Pipelines of 1, 8 and 1 steps."""
    steps = workloads.diamond()
    names = [f"diamond-{number}" for number in range(PIPELINES)]
    needs = {step: needed for name in names for step, needed in workloads.needs(name, steps).items()}
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            space = await bench.namespace("diamonds")
            async with Observer(bench.api, space) as seen:
                with spending(bench, operator) as spent:
                    began = time.monotonic()
                    await bench.apply(space, *(workloads.pipeline(name, steps) for name in names))
                    await seen.until("the diamonds", lambda: len(seen.finished) == PIPELINES, 300)
    times = hops(seen, needs)
    return [
        Figure(1, f"{NAME}: hop p50", percentile(times, 0.50), "ms"),
        Figure(1, f"{NAME}: hop p99", percentile(times, 0.99), "ms"),
        Figure(2, NAME, max(at for at, _ in seen.finished.values()) - began, "s", 10),
        *costs(NAME, spent, seen, PIPELINES * len(steps)),
    ]
