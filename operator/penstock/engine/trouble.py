"""What the cluster says about Jobs that get no pod (quota, Pod Security, a missing service account) and about pods that
do not start and do not say why (a missing ConfigMap, a volume that cannot be attached, no network).

Only Events tell. They are asked for now and then, for a whole namespace at once, and only where something waits for
longer than usual: in a burst many wait for nothing but their turn.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from penstock.core.clock import instant
from penstock.core.seen.views import JobView, PodView
from penstock.engine import clock
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.resources import CORE_EVENTS, JOBS, PODS, Object, Resource
from penstock.engine.starter import Starter
from penstock.engine.store import Key, Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
PATIENCE = 3.0
AGAIN_SECONDS = 10.0
MOST_PAGES = 20
"""Of Events that are read at a time."""
FRESH_SECONDS = 150.0
"""For how long an Event about a pod tells how it is: kubelet tries again, and says so, every two minutes at least."""


@dataclass(frozen=True, slots=True)
class _Warning:
    """A warning about the object with that uid: when it was last given, and its words."""

    uid: str
    reason: str
    words: str
    at: float

    @property
    def rank(self) -> tuple[bool, float]:
        vague = "timed out waiting for the condition" in self.words
        return not vague, self.at


class Trouble:
    """The best warning about each Job whose pods are not there or do not start, by the uid of the Job."""

    def __init__(self, client: Client, store: Store, starter: Starter, wake: Callable[[Key], None]) -> None:
        self.client = client
        self.store = store
        self.starter = starter
        self.wake = wake
        self.messages: dict[str, str] = {}
        self._asked: dict[tuple[str, str], float] = {}

    async def run(self) -> None:
        """Looks for what does not start, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Unreachable as error:
                log.warning("events cannot be read", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Asks about the namespaces where Jobs or pods wait, each every ten seconds at most."""
        now = clock.now()
        silent: dict[tuple[str, Resource], dict[str, JobView]] = defaultdict(dict)
        for job in self.store.jobs:
            for resource, uid in self._silent(job, now):
                silent[job.namespace, resource][uid] = job
        known = {job.uid for jobs in silent.values() for job in jobs.values()}
        for uid in self.messages.keys() - known:
            self._say(self.store.jobs.get(uid), uid, "")
        for (namespace, resource), jobs in silent.items():
            if now - self._asked.get((namespace, resource.kind), 0.0) > AGAIN_SECONDS:
                self._asked[namespace, resource.kind] = now
                try:
                    await self._ask(namespace, resource, jobs, now)
                except Refused as error:
                    log.warning("events cannot be read", namespace=namespace, error=str(error))
        self._asked = {key: at for key, at in self._asked.items() if now - at < AGAIN_SECONDS}
        self.starter.prune()

    def _silent(self, job: JobView, now: float) -> Iterator[tuple[Resource, str]]:
        """What of a Job waits without saying why: itself, if it has no pods, or its pods; by uid."""
        if job.finished or job.suspended or job.deleting or now - job.created <= PATIENCE:
            return
        pods = self.store.pods_of(job.uid)
        if not pods:
            yield JOBS, job.uid
        for pod in pods:
            starts = pod.phase == "Pending" and not (pod.started or pod.deleting) and now - pod.created > PATIENCE
            if starts and not (pod.waiting or pod.unschedulable or (pod.fetch and pod.fetch.started)):
                yield PODS, pod.uid

    async def _ask(self, namespace: str, resource: Resource, jobs: Mapping[str, JobView], now: float) -> None:
        found: dict[str, _Warning] = {}
        wanted = {"fieldSelector": f"involvedObject.kind={resource.kind},type=Warning"}
        pages = 0
        async for _, items in self.client.pages(CORE_EVENTS, namespace, wanted):
            for one in filter(None, map(_warning, items)):
                job = jobs.get(one.uid)
                if job and self._tells(one, now) and (job.uid not in found or one.rank >= found[job.uid].rank):
                    found[job.uid] = one
            pages += 1
            if pages == MOST_PAGES:
                break
        for job in {job.uid: job for job in jobs.values()}.values():
            words = found[job.uid].words if job.uid in found else ""
            if words and words != self.messages.get(job.uid):
                self._say(job, job.uid, words)
                key = self.store.key_of_step(job.step)
                if key:
                    self.wake(key)
            elif not words and resource is PODS:
                self._say(job, job.uid, "")

    def _say(self, job: JobView | None, uid: str, words: str) -> None:
        """From now on this is said of a Job, or nothing any more."""
        self.messages.pop(uid, None)
        if words:
            self.messages[uid] = words
        if job:
            self.store.touch(job.step)

    def _tells(self, one: _Warning, now: float) -> bool:
        """Whether a warning still says how it is with what it is about."""
        pod: PodView | None = self.store.pods.get(one.uid)
        if pod is None:
            return True
        return now - one.at < FRESH_SECONDS and (one.reason != "FailedScheduling" or pod.node is None)


def _warning(event: Object) -> _Warning | None:
    """What an Event says; None of one that is not as Events are: anybody may write them."""
    try:
        series = event.get("series") or {}
        stamps = (event.get("lastTimestamp"), series.get("lastObservedTime"), event.get("eventTime"))
        known = [instant(one) or 0.0 for one in stamps if one]
        at = max(known, default=instant(event["metadata"]["creationTimestamp"]) or 0.0)
        reason = event.get("reason") or ""
        words = ": ".join(part for part in (reason, event.get("message")) if part)
        return _Warning(event["involvedObject"]["uid"], reason, words, at) if words else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
