"""An independent watcher: what happened to the objects of one namespace and when, all on one clock."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Self

import orjson

from tests.plane.api import JOBS, PIPELINES, PODS, STEPS, Api, Object, path

StepKey = tuple[str, str]
"""Pipeline and step, with the index of a fanned-out step: ``("digits", "tune.3")``."""
Listener = Callable[[str, str, Object], None]
"""Is told of every event: collection, kind of the event, object."""
ENDED = ("Succeeded", "Failed", "Cancelled", "Invalid")
ALL = (PIPELINES, STEPS, JOBS, PODS)


class NotInTime(Exception):
    """What was waited for did not happen."""


class Observer:
    """Follows the collections; times are those of ``time.monotonic`` when the event arrived here."""

    def __init__(
        self, api: Api, namespace: str, collections: tuple[str, ...] = ALL, also: Listener | None = None
    ) -> None:
        self.api = api
        self.namespace = namespace
        self.collections = collections
        self.also = also
        self.jobs: dict[StepKey, list[float]] = {}
        """When each Job of a step appeared."""
        self.running: dict[str, float] = {}
        """When each pod ran, by uid."""
        self.ran: dict[StepKey, float] = {}
        """When the first pod of a step ran."""
        self.succeeded: dict[StepKey, float] = {}
        """When the pod of a step had succeeded."""
        self.pods_done: set[str] = set()
        self.finished: dict[str, tuple[float, str]] = {}
        """When a Pipeline had ended, and its phase."""
        self.step_phases: dict[str, str] = {}
        """Phase of each Step by name."""
        self.interrupted = 0
        """How often a watch had to be opened anew."""
        self.modified: Counter[str] = Counter()
        self.largest: Counter[str] = Counter()
        """Size of the largest object as JSON, by collection."""
        self.size: Counter[str] = Counter()
        """Bytes of all events, by collection: what was written, as it is sent to whoever watches."""
        self.present: dict[str, set[str]] = {collection: set() for collection in collections}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for collection in self.collections:
            where = path(collection, self.namespace)
            items, version = await self.api.items(where)
            for item in items:
                self._take(collection, "ADDED", item, 0)
            self._tasks.append(asyncio.create_task(self._follow(collection, where, version)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, what: str, true: Callable[[], bool], seconds: float) -> float:
        """Waits until something is true and returns when it was; raises NotInTime after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not true():
            for task in self._tasks:
                if task.done():
                    task.result()
                    raise NotInTime(f"a watch ended before {what}")
            self._changed.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotInTime(f"{what}: not within {seconds:.0f} s; {self.state()}")
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, 1.0))
            except TimeoutError:
                continue
        return time.monotonic()

    def state(self) -> str:
        """How far things are, for messages."""
        phases = ", ".join(f"{count} {phase}" for phase, count in Counter(self.step_phases.values()).most_common())
        jobs, pods, ended = len(self.jobs), len(self.pods_done), len(self.finished)
        return f"{jobs} Jobs, {pods} pods succeeded, {ended} Pipelines ended; Steps: {phases}"

    async def _follow(self, collection: str, where: str, version: str) -> None:
        while True:  # the API server ends the watch of one that reads too slowly; it goes on where it was
            async for line in self.api.watch(where, version):
                now = time.monotonic()
                event = orjson.loads(line)
                if event["type"] == "ERROR":
                    raise NotInTime(f"watch of {where}: {event['object']}")
                self._take(collection, event["type"], event["object"], len(line), now)
                version = event["object"]["metadata"]["resourceVersion"]
                self._changed.set()
            self.interrupted += 1

    def _take(self, collection: str, kind: str, item: Object, size: int, now: float | None = None) -> None:
        now = time.monotonic() if now is None else now
        if self.also:
            self.also(collection, kind, item)
        meta = item["metadata"]
        present = self.present[collection]
        present.discard(meta["uid"]) if kind == "DELETED" else present.add(meta["uid"])
        self.modified[collection] += kind == "MODIFIED"
        self.size[collection] += size
        self.largest[collection] = max(self.largest[collection], size)
        labels = meta.get("labels") or {}
        instance = filter(None, (labels.get("penstock.dev/step"), labels.get("penstock.dev/index")))
        key = (labels.get("penstock.dev/pipeline", ""), ".".join(instance))
        phase = (item.get("status") or {}).get("phase", "")
        if collection == JOBS and kind == "ADDED":
            self.jobs.setdefault(key, []).append(now)
        elif collection == PODS and kind != "DELETED":
            self._pod(meta["uid"], key, phase, now)
        elif collection == STEPS:
            if kind == "DELETED":
                self.step_phases.pop(meta["name"], None)
            else:
                self.step_phases[meta["name"]] = phase
        elif collection == PIPELINES and phase in ENDED and kind != "DELETED":
            self.finished.setdefault(meta["name"], (now, phase))

    def _pod(self, uid: str, key: StepKey, phase: str, now: float) -> None:
        if phase == "Running":
            self.running.setdefault(uid, now)
            self.ran.setdefault(key, now)
        elif phase == "Succeeded":
            self.pods_done.add(uid)
            self.succeeded.setdefault(key, now)
