"""Rows 1 and 2: fifty diamonds of ten steps at once."""

from __future__ import annotations

import time

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer
from tests.bench.rig import rig
from tests.bench.rows import bare
from tests.bench.rows.chain import hops
from tests.bench.rows.measured import Goals, costs, spending
from tests.plane.api import JOBS, path

PIPELINES = 50
GOALS = Goals(writes=4.2, cpu=5, peer="Argo 6.9 to 11 ms")
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
        job = (await bench.api.items(path(JOBS, space)))[0][0]
    took = max(at for at, _ in seen.finished.values()) - began
    times = hops(seen, needs)
    async with rig() as bench:
        ceiling = await bare.diamonds(bench, job, PIPELINES, 300)
    return [
        Figure(1, f"{NAME}: hop p50", percentile(times, 0.50), "ms", 60, peer="Argo 1.4 s"),
        Figure(1, f"{NAME}: hop p99", percentile(times, 0.99), "ms", 250, peer="Argo 3.9 s"),
        Figure(1, f"{NAME}, by bare Jobs and a plain client: hop p50", percentile(ceiling.hops, 0.50), "ms"),
        Figure(1, f"{NAME}, by bare Jobs and a plain client: hop p99", percentile(ceiling.hops, 0.99), "ms"),
        Figure(2, NAME, took, "s", 9, peer="Argo 12.0 s"),
        Figure(2, f"{NAME}, by bare Jobs and a plain client", ceiling.seconds, "s"),
        Figure(2, f"{NAME}: share of the bare Jobs' rate", ceiling.seconds / took, "", 0.8, at_least=True),
        *costs(NAME, spent, seen, PIPELINES * len(steps), GOALS),
    ]
