"""Deletes Jobs that are over where others wait because a ResourceQuota counts Jobs or pods, ended ones too."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

import structlog

from penstock.core.admission.spent import COUNTS, to_clear
from penstock.core.seen.views import UNDO, JobView, StepView
from penstock.core.step.status import ended
from penstock.engine import clock
from penstock.engine.client import Refused, Unreachable
from penstock.engine.gate import Gate
from penstock.engine.starter import Starter
from penstock.engine.writer import Writer

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PAUSE = 10.0
AGAIN_SECONDS = 60.0
"""Until one more is deleted for what still waits: a quota needs a while to notice, and a refused Job is tried again no
later than that."""


class Clearing:
    """Makes room in namespaces whose quotas count objects."""

    def __init__(self, writer: Writer, gate: Gate, starter: Starter, trouble: Mapping[str, str]) -> None:
        self.writer = writer
        self.store = writer.store
        self.gate = gate
        self.starter = starter
        self.trouble = trouble
        self._cleared: dict[str, float] = {}
        """When one was deleted for what waits, by the uid of that."""

    async def run(self) -> None:
        """Looks for Jobs that wait for such room, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look(clock.now())
            except Unreachable as error:
                log.warning("ended Jobs cannot be deleted", error=str(error))
                await asyncio.sleep(PAUSE)

    async def look(self, now: float) -> None:
        """Deletes as many ended Jobs as others wait for, one for each."""
        found = {uid: (namespace, pods) for namespace, uid, pods in self._waiting(now)}
        self._cleared = {uid: at for uid, at in self._cleared.items() if uid in found and now - at < AGAIN_SECONDS}
        waiting: dict[str, dict[str, int]] = defaultdict(dict)
        for uid, (namespace, pods) in found.items():
            if uid not in self._cleared:
                waiting[namespace][uid] = pods
        if not waiting:
            return
        jobs: dict[str, list[tuple[StepView, JobView]]] = defaultdict(list)
        for job in self.store.jobs:
            step = self.store.steps.get(job.step) if job.namespace in waiting else None
            if step:
                jobs[job.namespace].append((step, job))
        quotas = self.store.ledger.snapshot().quotas
        for namespace, uids in waiting.items():
            over = to_clear([*uids.values()], quotas.get(namespace, ()), jobs[namespace])
            if over:
                log.info("ended Jobs are deleted, since a quota counts them", namespace=namespace, jobs=len(over))
            self._cleared.update(dict.fromkeys(islice(uids, len(over)), now))
            for job in over:
                await self._delete(job)

    async def _delete(self, job: JobView) -> None:
        try:
            await self.writer.delete_job(job)
        except Refused as error:  # whatever one namespace does not allow, others may
            log.warning("an ended Job cannot be deleted", namespace=job.namespace, job=job.name, error=str(error))

    def _waiting(self, now: float) -> Iterator[tuple[str, str, int]]:
        """Namespace, uid and pods of each Step or Job that a quota which counts Jobs or pods has no room for."""
        yield from self.gate.short_of(COUNTS)
        for step in self.store.steps if self.starter.any_refused else ():
            refusal = self.starter.refused(step.uid)
            if refusal is None or self.starter.gave_up(step.uid, now) or not _counted(refusal.message):
                continue
            if refusal.purpose == UNDO or not ended(step.status):  # what is undone has ended
                yield step.namespace, step.uid, 1
        for uid, words in self.trouble.items():
            job = self.store.jobs.get(uid)
            if job and _counted(words):
                yield job.namespace, uid, job.completions


def _counted(words: str) -> bool:
    """Whether the API server refused something since a quota counts such objects."""
    return "exceeded quota" in words and any(name in words for name in COUNTS)
