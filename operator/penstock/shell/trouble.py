"""What the cluster says about Jobs that get no pod: quota, Pod Security, a missing service account.

Only Events tell. They are asked for now and then, for all Jobs of a namespace at once, and only where one waits: in a
burst many wait for nothing but their turn.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

import structlog

from penstock.core.observed import JobView
from penstock.shell.client import Client, Refused, Unreachable
from penstock.shell.resources import CORE_EVENTS
from penstock.shell.starter import Starter
from penstock.shell.store import Key, Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PATIENCE = 3.0
AGAIN_SECONDS = 10.0


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
            except Unreachable as error:
                log.warning("events cannot be read", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Asks about the namespaces where Jobs wait, each every ten seconds at most."""
        now = time.time()
        waiting: dict[str, dict[str, JobView]] = defaultdict(dict)
        for job in self.store.jobs:
            if self._waits(job, now):
                waiting[job.namespace][job.uid] = job
        for uid in self.messages.keys() - {uid for jobs in waiting.values() for uid in jobs}:
            del self.messages[uid]
        for namespace, jobs in waiting.items():
            if now - self._asked.get(namespace, 0.0) > AGAIN_SECONDS:
                self._asked[namespace] = now
                try:
                    await self._ask(namespace, jobs)
                except Refused as error:
                    log.warning("events cannot be read", namespace=namespace, error=str(error))
        self._asked = {name: at for name, at in self._asked.items() if now - at < AGAIN_SECONDS}
        self.starter.prune()

    def _waits(self, job: JobView, now: float) -> bool:
        live = not (job.finished or job.suspended or job.deleting)
        return live and now - job.created > PATIENCE and not self.store.pods_of(job.uid)

    async def _ask(self, namespace: str, jobs: Mapping[str, JobView]) -> None:
        newest: dict[str, tuple[str, str]] = {}
        wanted = {"fieldSelector": "involvedObject.kind=Job,type=Warning"}
        async for _, items in self.client.pages(CORE_EVENTS, namespace, wanted):
            for item in items:
                uid = item["involvedObject"].get("uid", "")
                at = item.get("lastTimestamp") or item.get("eventTime") or item["metadata"]["creationTimestamp"]
                if uid in jobs and at >= newest.get(uid, ("", ""))[0]:
                    newest[uid] = at, f"{item.get('reason', '')}: {item.get('message', '')}"
        for uid, (_, message) in newest.items():
            if message != self.messages.get(uid):
                self.messages[uid] = message
                key = self.store.key_of_step(jobs[uid].step)
                if key:
                    self.wake(key)
