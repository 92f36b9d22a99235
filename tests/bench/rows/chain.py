"""Row 1: the hop. From the success of a step's pod to the Job of the next one, in a chain of 100 steps."""

from __future__ import annotations

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer, StepKey
from tests.bench.rig import rig
from tests.bench.rows.measured import Goals, costs, spending

LENGTH = 100
GOALS = Goals(cpu=6, peer="Argo 57 ms (200 steps)")


async def trial() -> list[Figure]:
    """One chain."""
    steps = workloads.chain(LENGTH)
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            space = await bench.namespace("chain")
            async with Observer(bench.api, space) as seen:
                with spending(bench, operator) as spent:
                    await bench.apply(space, workloads.pipeline("chain", steps))
                    await seen.until("the chain's end", lambda: "chain" in seen.finished, 300)
    times = hops(seen, workloads.needs("chain", steps))
    wall = seen.finished["chain"][0] - min(min(times) for times in seen.jobs.values())
    return [
        Figure(1, f"chain of {LENGTH}: hop p50", percentile(times, 0.50), "ms", 10, peer="Argo 110 ms"),
        Figure(1, f"chain of {LENGTH}: hop p99", percentile(times, 0.99), "ms", 50, peer="Argo 350 ms"),
        Figure(1, f"chain of {LENGTH}: wall time per step", wall / LENGTH * 1000, "ms"),
        *costs(f"chain of {LENGTH}", spent, seen, LENGTH, GOALS),
    ]


def hops(seen: Observer, needs: dict[StepKey, list[StepKey]]) -> list[float]:
    """From the last success that a step needed to its first Job, in milliseconds, for every step that needs any."""
    return [
        (seen.jobs[step][0] - max(seen.succeeded[other] for other in needed)) * 1000
        for step, needed in needs.items()
        if needed
    ]
