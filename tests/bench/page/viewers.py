"""Row W4: 200 people look at one Pipeline of 5,000 steps that changes five times a second."""

from __future__ import annotations

import asyncio
import time

from tests.bench.figures import Figure
from tests.bench.page.crowd import looking
from tests.bench.page.server import Alone, Many, served
from tests.scenes.scenes import large

VIEWERS, SECONDS, RATE = 200, 60.0, 5.0
SETTLING = 10.0
PIPELINE = "ml/corpus"


def figures() -> list[Figure]:
    """With one viewer, then with all."""
    with served(large(), kind=Many) as site:
        people = [f"viewer-{number}" for number in range(VIEWERS)]
        site.api.users = {one: lambda namespace, resource: True for one in people}
        return asyncio.run(_measured(site, people))


async def _measured(site: Alone, people: list[str]) -> list[Figure]:
    async with looking(site.place, PIPELINE, people[:1]):
        await asyncio.sleep(SETTLING)
        alone = site.api.watched
    async with looking(site.place, PIPELINE, people) as batches:
        await asyncio.sleep(SETTLING)
        watched, asked, told = site.api.watched, len(site.api.asked), dict(batches)
        began, own = time.monotonic(), site.process.cpu()
        for number in range(int(SECONDS * RATE)):
            await asyncio.to_thread(site.change, "Step", f"corpus.train.{number % 1000}", message=f"event {number}")
            await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))
        seconds = time.monotonic() - began
        share, memory = (site.process.cpu() - own) / seconds * 100, site.process.memory()
        asked = len(site.api.asked) - asked
        least = min(batches[one] - told[one] for one in people)
    name = f"{VIEWERS} viewers of 5,000 steps at {RATE:.0f} changes/s"
    return [
        Figure("W4", f"{name}: share of a core", share, "%", 6),
        Figure("W4", f"{name}: resident memory", memory, "MB", 150),
        Figure("W4", f"{name}: watches more than of one viewer", len(watched) - len(alone), "", 0),
        Figure("W4", f"{name}: batches that the least lucky was told", least / seconds, "/s"),
        Figure("W4", f"{name}: requests to the API server", asked / seconds, "/s"),
    ]
