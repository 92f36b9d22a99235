"""Row 5: the operator's memory, idle, with live steps, and after they are deleted, several times over."""

from __future__ import annotations

import asyncio

from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.progress import note
from tests.bench.rig import rig
from tests.bench.rows import live

LIVE = 1000
CYCLES = 3
FULL_CYCLES = 10
SETTLING = 5.0


async def trial(cycles: int = CYCLES) -> list[Figure]:
    """Cycles of 1,000 live steps. What the first leaves is the base that the others must come back to."""
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            await asyncio.sleep(SETTLING)
            idle = operator.process.memory()
            note(f"idle: {idle:.1f} MB")
            space = await bench.namespace("memory")
            full, empty, more = [], [], 0.0
            async with Observer(bench.api, space) as seen:
                for cycle in range(cycles):
                    seen.running.clear()
                    await live.start(bench, space, seen, LIVE)
                    await asyncio.sleep(SETTLING)
                    full.append(operator.process.memory())
                    if cycle == 0:
                        await live.start(bench, space, seen, LIVE, "more")
                        await asyncio.sleep(SETTLING)
                        more = operator.process.memory() - full[0]
                    await live.delete(bench, space, seen)
                    await asyncio.sleep(SETTLING)
                    empty.append(operator.process.memory())
                    note(f"cycle {cycle + 1}: {full[-1]:.1f} MB with {LIVE:,} live steps, {empty[-1]:.1f} MB without")
    return [
        Figure(5, "resident memory, idle", idle, "MB", 80, peer="Argo 71 MB; 140 under load"),
        Figure(5, f"the first {LIVE:,} live steps add", full[0] - idle, "MB"),
        Figure(5, f"the next {LIVE:,} live steps add", more, "MB", 4),
        Figure(5, f"growth from the first to the last of {cycles} cycles of {LIVE:,} steps", empty[-1] / empty[0] - 1),
        Figure(5, f"after {cycles} cycles, beside idle", empty[-1] / idle, "", 1.10),
    ]


async def full_trial() -> list[Figure]:
    """Ten cycles."""
    return await trial(FULL_CYCLES)
