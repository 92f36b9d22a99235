"""People who look at a Pipeline: ``python -m tests.bench.page.crowd PLACE NAMESPACE/NAME`` with their tokens as input.

As a process of its own it does not hold up whoever measures.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

APART = 0.02
"""Seconds from one who begins to look to the next."""
FINDS_ID = re.compile(rb'"id":"([^"]+)"')


@dataclass
class Crowd:
    """Those who look at what is at `one`. `batches`: how many each was told."""

    session: aiohttp.ClientSession
    one: str
    batches: dict[str, int] = field(default_factory=dict)

    async def look(self, who: str) -> None:
        """Does what a tab does, until it is cancelled: a snapshot, then one stream after the other."""
        headers = {"Authorization": f"Bearer {who}", "X-Penstock-Tab": who}
        last = ""
        while True:
            if not last:
                async with self.session.get(self.one, headers=headers) as answer:
                    answer.raise_for_status()
                    found = FINDS_ID.search(await answer.read())
                assert found
                last = found[1].decode()
                self.batches.setdefault(who, 0)
            async with self.session.get(f"{self.one}/stream", headers={**headers, "Last-Event-ID": last}) as told:
                told.raise_for_status()
                async for line in told.content:
                    if line.startswith(b"id: "):
                        last = line[4:].decode().strip()
                        self.batches[who] += 1
                    elif line.startswith(b"event: reset"):
                        last = ""


@asynccontextmanager
async def looking(place: str, pipeline: str, people: list[str]) -> AsyncIterator[dict[str, int]]:
    """So many look at a Pipeline (`namespace/name`), all of whom have seen it; how many batches each was told."""
    connector = aiohttp.TCPConnector(limit=0)
    forever = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=forever, read_bufsize=2**20) as session:
        crowd = Crowd(session, f"{place}api/pipelines/{pipeline}")
        tasks: list[asyncio.Task[None]] = []

        def ended() -> None:
            for task in tasks:
                if task.done():
                    task.result()

        try:
            for one in people:
                tasks.append(asyncio.create_task(crowd.look(one)))
                await asyncio.sleep(APART)
            while len(crowd.batches) < len(people):
                ended()
                await asyncio.sleep(0.1)
            yield crowd.batches
            ended()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _look(place: str, pipeline: str, people: list[str]) -> None:
    async with looking(place, pipeline, people):
        sys.stdout.write("all look\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Until it is ended."""
    place, pipeline = sys.argv[1:]
    asyncio.run(_look(place, pipeline, sys.stdin.read().split()))


if __name__ == "__main__":
    main()
