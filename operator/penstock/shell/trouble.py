"""What the cluster says about Jobs that get no pod: quota, Pod Security, a missing service account.

Only Events tell. They are asked for now and then, about few Jobs at a time, and only where something is wrong.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from penstock.core.observed import JobView
from penstock.shell.client import Client, Refused, Unreachable
from penstock.shell.resources import CORE_EVENTS
from penstock.shell.starter import Starter
from penstock.shell.store import Key, Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PATIENCE = 3.0
AGAIN_SECONDS = 20.0
AT_ONCE = 20


class Trouble:
    """The newest warning about each Job without pods, by the uid of the Job."""

    def __init__(self, client: Client, store: Store, starter: Starter, wake: Callable[[Key], None]) -> None:
        self.client = client
        self.store = store
        self.starter = starter
        self.wake = wake
        self.messages: dict[str, str] = {}
        self._asked: dict[str, float] = {}

    async def run(self) -> None:
        """Looks for Jobs without pods, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except (Refused, Unreachable) as error:
                log.warning("events cannot be read", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Asks once about those Jobs that have waited longest since they were asked about."""
        now = time.time()
        waiting = {job.uid: job for job in self.store.jobs if self._waits(job, now)}
        for uid in self._asked.keys() - waiting.keys():
            del self._asked[uid]
            self.messages.pop(uid, None)
        due = [job for job in waiting.values() if now - self._asked.get(job.uid, 0.0) > AGAIN_SECONDS]
        due.sort(key=lambda job: self._asked.get(job.uid, 0.0))
        for job in due[:AT_ONCE]:
            self._asked[job.uid] = now
            await self._ask(job)
        self.starter.prune()

    def _waits(self, job: JobView, now: float) -> bool:
        live = not (job.finished or job.suspended or job.deleting)
        return live and now - job.created > PATIENCE and not self.store.pods_of(job.uid)

    async def _ask(self, job: JobView) -> None:
        wanted = {"fieldSelector": f"involvedObject.uid={job.uid},type=Warning"}
        newest, message = "", ""
        async for _, items in self.client.pages(CORE_EVENTS, job.namespace, wanted):
            for item in items:
                at = item.get("lastTimestamp") or item.get("eventTime") or item["metadata"]["creationTimestamp"]
                if at >= newest:
                    newest, message = at, f"{item.get('reason', '')}: {item.get('message', '')}"
        if message and message != self.messages.get(job.uid):
            self.messages[job.uid] = message
            key = self.store.key_of_step(job.step)
            if key:
                self.wake(key)
