"""Row 2 with stock controllers: what a cluster allows whose administrator changed nothing."""

from __future__ import annotations

import time

from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.rig import STOCK, rig
from tests.bench.rows import bare

COUNT = 200
SECONDS = 600


async def trial() -> list[Figure]:
    """200 independent steps, and as many bare Jobs."""
    async with rig(STOCK) as bench:
        with bench.running():
            job = await bench.warm_up()
            space = await bench.namespace("stock")
            async with Observer(bench.api, space) as seen:
                began = time.monotonic()
                await bench.apply(space, workloads.pipeline("stock", workloads.independent(COUNT)))
                await seen.until("the Pipeline", lambda: "stock" in seen.finished, SECONDS)
    rate = COUNT / (seen.finished["stock"][0] - began)
    async with rig(STOCK) as bench:
        ceiling = await bare.run(bench, job, COUNT, SECONDS)
    name = f"{COUNT} independent steps, stock controllers"
    return [
        Figure(2, f"{name}: rate", rate, "steps/s"),
        Figure(2, f"{name}: share of the bare Jobs' rate", rate / ceiling.rate, "", 0.8, at_least=True),
    ]
