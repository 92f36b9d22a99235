"""Row 7: one Pipeline of 5,000 steps, and of 10,000."""

from __future__ import annotations

import asyncio
import re

import aiohttp

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer
from tests.bench.progress import note
from tests.bench.rig import METRICS_PORT, rig
from tests.bench.rows.measured import Goals, costs, spending
from tests.plane.api import PIPELINES, STEPS

COUNT = 5000
WINDOW = 5.0
LAG = re.compile(r"^penstock_loop_lag_seconds ([-+.e0-9]+)$", re.MULTILINE)


async def trial(count: int = COUNT) -> list[Figure]:
    """A step fanned out over a range."""
    step = workloads.step(
        "each", forEach={"vars": [{"name": "number", "range": {"start": 0, "stop": count, "step": 1}}]}
    )
    lags: list[float] = []
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            space = await bench.namespace("fanout")
            async with Observer(bench.api, space) as seen:
                listening = asyncio.create_task(_listen(lags))
                with spending(bench, operator) as spent:
                    await bench.apply(space, workloads.pipeline("fanout", [step]))
                    await seen.until("the fan-out", lambda: "fanout" in seen.finished, 3600)
                listening.cancel()
    note(f"{seen.finished['fanout'][1]}, {len(seen.jobs)} Jobs; longest stall {max(lags) * 1000:.0f} ms")
    writes = spent.calls.times.get(("update", "pipelines/status"), [])
    largest = max(seen.largest[PIPELINES], seen.largest[STEPS])
    name = f"one Pipeline of {count:,} steps"
    return [
        Figure(7, f"{name}: succeeded", seen.finished["fanout"][1] == "Succeeded", "", 1, at_least=True),
        Figure(7, f"{name}: largest object", largest / 1024, "KiB", 64),
        Figure(7, f"{name}: Pipeline status writes, most in {WINDOW:.0f} s", busiest(writes, WINDOW), "/s", 1),
        Figure(7, f"{name}: longest stall of the loop in 5 s, p99", percentile(lags, 0.99) * 1000, "ms", 50),
        Figure(7, f"{name}: longest stall of the loop", max(lags) * 1000, "ms", 200),
        *costs(name, spent, seen, count, Goals(cpu=6)),
    ]


async def twice() -> list[Figure]:
    """The same with twice as many: as many as a Pipeline may have."""
    return await trial(2 * COUNT)


def busiest(times: list[float], window: float) -> float:
    """The most events in any window of so many seconds, per second."""
    times = sorted(times)
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > window:
            first += 1
        most = max(most, last - first + 1)
    return most / window


async def _listen(lags: list[float]) -> None:
    """Reads every few seconds how long the operator's event loop was late at worst since."""
    async with aiohttp.ClientSession() as session:
        while True:
            await asyncio.sleep(WINDOW)
            async with session.get(f"http://127.0.0.1:{METRICS_PORT}/metrics") as answer:
                found = LAG.search(await answer.text())
            if found:
                lags.append(float(found[1]))
