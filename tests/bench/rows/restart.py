"""Row 11: the operator is killed with 10,000 live steps; some end while it is gone."""

from __future__ import annotations

import asyncio
import time

from tests.bench import workloads
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.rig import rig
from tests.bench.rows import live
from tests.plane.api import PODS, path

LIVE = 10_000
ENDING = 100
NAME = f"restart with {LIVE:,} live steps"


async def trial() -> list[Figure]:
    """The first right decision is the Job of a step whose predecessor ended while the operator was down."""
    pair = [workloads.step("before", hold=True), workloads.step("after", "before", hold=True)]
    async with rig() as bench:
        space = await bench.namespace("restart")
        async with Observer(bench.api, space) as seen:
            with bench.running() as operator:
                await bench.warm_up()
                await live.start(bench, space, seen, LIVE - 1)
                await bench.apply(space, workloads.pipeline("pair", pair))
                await seen.until("the first of the pair", lambda: len(seen.running) >= LIVE, 60)
                operator.kill()
            items, _ = await bench.api.items(path(PODS, space))
            first = [one for one in items if one["metadata"]["labels"]["penstock.dev/pipeline"] == "pair"]
            others = [one for one in items if one["metadata"]["labels"]["penstock.dev/pipeline"] != "pair"]
            await live.release(bench, first + others[: ENDING - 1])
            await seen.until("the ends", lambda: len(seen.pods_done) >= ENDING, 60)
            jobs = sum(len(times) for times in seen.jobs.values())
            began = time.monotonic()
            with bench.running():
                await seen.until("the first decision", lambda: ("pair", "after") in seen.jobs, 300)
                decided = seen.jobs["pair", "after"][0] - began
                await seen.until(
                    "all completions",
                    lambda: sum(phase == "Succeeded" for phase in seen.step_phases.values()) >= ENDING,
                    120,
                )
                await asyncio.sleep(5)
            succeeded = sum(phase == "Succeeded" for phase in seen.step_phases.values())
            made = sum(len(times) for times in seen.jobs.values()) - jobs
    return [
        Figure(11, f"{NAME}: first right decision", decided, "s", 10),
        Figure(11, f"{NAME}: Jobs made twice", made - 1, "", 0),
        Figure(11, f"{NAME}: completions lost", ENDING - succeeded, "", 0),
    ]
