"""What happened, by an independent watcher directly at the API server: every version of every object, in its order.

Versions of one etcd are numbers that grow over all kinds, so they order what happened to different objects. Restoring
a snapshot begins a new epoch: numbers come again.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import orjson

from tests.plane.api import (
    CLAIMS,
    EVENTS,
    JOBS,
    LEASES,
    PIPELINES,
    PODS,
    REVISIONS,
    SCHEDULES,
    SERVICES,
    STEPS,
    Api,
    ApiError,
    Object,
    path,
)

KINDS = {
    PIPELINES: "Pipeline",
    STEPS: "Step",
    SCHEDULES: "PipelineSchedule",
    JOBS: "Job",
    PODS: "Pod",
    SERVICES: "Service",
    REVISIONS: "ControllerRevision",
    CLAIMS: "PersistentVolumeClaim",
    EVENTS: "Event",
    LEASES: "Lease",
}
Number = tuple[int, int]
"""Epoch and version."""


@dataclass(frozen=True, slots=True)
class Version:
    """An object as it was from `number` on. `gone`: it was deleted then; `undone`: a restored snapshot has none."""

    at: float
    number: Number
    kind: str
    item: Object
    gone: bool = False
    undone: bool = False

    @property
    def uid(self) -> str:
        uid: str = self.item["metadata"]["uid"]
        return uid

    @property
    def name(self) -> str:
        name: str = self.item["metadata"]["name"]
        return name

    @property
    def status(self) -> dict[str, Any]:
        return self.item.get("status") or {}

    @property
    def phase(self) -> str:
        return str(self.status.get("phase", ""))


@dataclass
class History:
    """All versions of the objects of one namespace, and those that exist now by kind and name."""

    versions: list[Version] = field(default_factory=list)
    now: dict[str, dict[str, Version]] = field(default_factory=lambda: defaultdict(dict))
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, version: Version) -> None:
        """One version more."""
        self.versions.append(version)
        known = self.now[version.kind]
        if not version.gone:
            known[version.name] = version
        elif version.name in known and known[version.name].uid == version.uid:
            del known[version.name]
        self.changed.set()

    def of(self, *kinds: str) -> list[Version]:
        """The versions of these kinds in the order in which they became true."""
        return sorted((one for one in self.versions if one.kind in kinds), key=lambda one: one.number)

    def objects(self, kind: str) -> dict[str, Object]:
        """What exists now, by name."""
        return {name: one.item for name, one in sorted(self.now[kind].items())}

    async def until(self, what: str, true: Callable[[], bool], seconds: float) -> None:
        """Waits until something is true of it; raises TimeoutError, which says `what`, after so many seconds."""
        deadline = time.monotonic() + seconds
        while not true():
            self.changed.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; {self.state()}")
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 0.5))
            except TimeoutError:
                continue

    def state(self) -> str:
        """How things stand, for messages."""
        words = [f"{name} {one.phase or '-'}" for name, one in sorted(self.now["Pipeline"].items())]
        words += [f"{name} {one.phase or '-'}" for name, one in sorted(self.now["Step"].items())[:12]]
        return ", ".join(words) or "there is nothing"


class Watcher:
    """Follows all kinds in all namespaces; histories are by namespace."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.histories: defaultdict[str, History] = defaultdict(History)
        self.epoch = 0
        self._known: dict[str, dict[str, tuple[str, Object]]] = {}
        self._versions: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pause()

    async def pause(self) -> None:
        """Looks at nothing, until `resume`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def resume(self, rewound: bool = False) -> None:
        """Looks at everything anew. `rewound`: a snapshot was restored meanwhile."""
        self.epoch += rewound
        for collection in KINDS:
            await self._list(collection)
            self._tasks.append(asyncio.create_task(self._follow(collection)))

    async def _list(self, collection: str) -> None:
        """Compares; what is gone has been deleted, or was never there if versions have gone back."""
        items, version = await self.api.items(path(collection))
        known = self._known.setdefault(collection, {})
        found = {item["metadata"]["uid"] for item in items}
        undone = int(version) < int(self._versions.get(collection, "0"))
        for uid in [uid for uid in known if uid not in found]:
            _, item = known.pop(uid)
            self._put(collection, item, int(version), gone=True, undone=undone)
        for item in items:
            meta = item["metadata"]
            if known.get(meta["uid"], ("", None))[0] != meta["resourceVersion"]:
                known[meta["uid"]] = (meta["resourceVersion"], item)
                self._put(collection, item, int(meta["resourceVersion"]))
        self._versions[collection] = version

    async def _follow(self, collection: str) -> None:
        while True:
            try:
                async for line in self.api.watch(path(collection), self._versions[collection]):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError(410, str(event["object"]))
                    self._event(collection, event["type"], event["object"])
            except (aiohttp.ClientError, ApiError, ConnectionError):
                await asyncio.sleep(0.3)
                try:
                    await self._list(collection)
                except (aiohttp.ClientError, ApiError, ConnectionError):
                    continue

    def _event(self, collection: str, kind: str, item: Object) -> None:
        meta = item["metadata"]
        self._versions[collection] = meta["resourceVersion"]
        known = self._known[collection]
        if kind == "DELETED":
            known.pop(meta["uid"], None)
        else:
            known[meta["uid"]] = (meta["resourceVersion"], item)
        self._put(collection, item, int(meta["resourceVersion"]), gone=kind == "DELETED")

    def _put(self, collection: str, item: Object, number: int, gone: bool = False, undone: bool = False) -> None:
        meta = item["metadata"]
        meta.pop("managedFields", None)
        history = self.histories[meta.get("namespace", "")]
        history.take(Version(time.monotonic(), (self.epoch, number), KINDS[collection], item, gone, undone))
