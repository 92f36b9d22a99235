"""Row 2: 2,000 steps that need nothing, beside as many bare Jobs."""

from __future__ import annotations

import time

from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.progress import note
from tests.bench.rig import rig
from tests.bench.rows import bare
from tests.bench.rows.measured import Goals, costs, spending

PIPELINES, STEPS = 4, 500
COUNT = PIPELINES * STEPS
NAME = f"{COUNT:,} independent steps"
SECONDS = 600
GOALS = Goals(writes=4.0, cpu=5, peer="Argo 4.2 to 4.9 ms")


async def trial() -> list[Figure]:
    """The steps on one fresh control plane, the Jobs on another: neither has the other's leavings in etcd."""
    pipelines = [workloads.pipeline(f"wide-{number}", workloads.independent(STEPS)) for number in range(PIPELINES)]
    async with rig() as bench:
        with bench.running() as operator:
            job = await bench.warm_up()
            space = await bench.namespace("wide")
            async with Observer(bench.api, space) as seen:
                with spending(bench, operator) as spent:
                    began = time.monotonic()
                    await bench.apply(space, *pipelines)
                    await seen.until("the wide Pipelines", lambda: len(seen.finished) == PIPELINES, SECONDS)
    end = max(at for at, _ in seen.finished.values())
    rate = COUNT / (end - began)
    note(f"{rate:.1f} steps/s")
    async with rig() as bench:
        ceiling = await bare.run(bench, job, COUNT, SECONDS)
    note(f"{ceiling.rate:.1f} bare Jobs/s")
    return [
        Figure(2, f"{NAME}: rate", rate, "steps/s", peer="Argo 57 to 65 (500 steps)"),
        Figure(2, f"{COUNT:,} bare Jobs by a plain client: rate", ceiling.rate, "Jobs/s"),
        Figure(
            2,
            f"{NAME}: share of the bare Jobs' rate",
            rate / ceiling.rate,
            "",
            0.8,
            at_least=True,
            peer="Argo 0.7 to 0.8",
        ),
        Figure(2, f"{COUNT:,} bare Jobs: CPU of the control plane per Job", ceiling.cpu * 1000, "ms"),
        Figure(2, f"{NAME}: CPU of the control plane per step", spent.plane / COUNT * 1000, "ms"),
        *costs(NAME, spent, seen, COUNT, GOALS),
    ]
