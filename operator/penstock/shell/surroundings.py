"""Watches what decides about room besides Penstock's own Jobs: nodes, other pods, quotas and limit ranges.

Each is listed and watched as far as the operator may; what it may not see is not known, and limits nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from penstock.core import labels
from penstock.core.scheduling.ledger import Ledger
from penstock.core.scheduling.observed_capacity import node_view, pod_hold, quota_view, range_view
from penstock.shell.client import Client, Refused, Unreachable
from penstock.shell.resources import LIMIT_RANGES, NODES, OTHER_PODS, QUOTAS, Object, Resource
from penstock.shell.settings import Settings

log = structlog.get_logger(__name__)

PAUSE = 2.0
DENIED_PAUSE = 300.0

_PARAMS: Mapping[str, Mapping[str, str]] = {
    OTHER_PODS.plural: {
        "labelSelector": f"{labels.MANAGED_BY}!={labels.PENSTOCK}",
        "fieldSelector": "status.phase!=Succeeded,status.phase!=Failed",
    }
}


@dataclass(frozen=True, slots=True)
class _Taker:
    put: Callable[[Object], None]
    drop: Callable[[Object], None]


class Surroundings:
    """Keeps the ledger true about everything that is not Penstock's own."""

    def __init__(self, client: Client, ledger: Ledger, settings: Settings) -> None:
        self.client = client
        self.ledger = ledger
        self.namespaces: tuple[str | None, ...] = settings.namespaces or (None,)
        self._takers = {
            NODES.plural: _Taker(
                lambda obj: ledger.put_node(node_view(obj)), lambda obj: ledger.drop_node(obj["metadata"]["name"])
            ),
            OTHER_PODS.plural: _Taker(
                lambda obj: ledger.put_pod(obj["metadata"]["uid"], pod_hold(obj)),
                lambda obj: ledger.drop_pod(obj["metadata"]["uid"]),
            ),
            QUOTAS.plural: _Taker(
                lambda obj: ledger.put_quota(quota_view(obj)), lambda obj: ledger.drop_quota(*_place(obj))
            ),
            LIMIT_RANGES.plural: _Taker(
                lambda obj: ledger.put_range(range_view(obj)), lambda obj: ledger.drop_range(*_place(obj))
            ),
        }

    async def first(self) -> None:
        """Lists everything once, so that the first pass of admission knows what there is."""
        for resource, namespace in self._watched():
            try:
                await self._list(resource, namespace, {})
            except (Refused, Unreachable) as error:
                self._explain(resource, error)

    async def run(self) -> None:
        """Watches all of it, for ever."""
        await asyncio.gather(*(self._follow(resource, namespace) for resource, namespace in self._watched()))

    def _watched(self) -> list[tuple[Resource, str | None]]:
        everywhere = [(NODES, None), (OTHER_PODS, None)] if None in self.namespaces else []
        return everywhere + [(one, namespace) for one in (QUOTAS, LIMIT_RANGES) for namespace in self.namespaces]

    async def _follow(self, resource: Resource, namespace: str | None) -> None:
        known: dict[str, Object] = {}
        while True:
            pause = PAUSE
            try:
                version = await self._list(resource, namespace, known)
                async for event in self.client.watch(resource, namespace, version, _PARAMS.get(resource.plural)):
                    self._take(resource, event, known)
            except Refused as error:
                if error.code == 403:
                    self._explain(resource, error)
                    pause = DENIED_PAUSE
                elif error.code != 410:
                    log.warning("cannot be watched", kind=resource.kind, error=str(error))
            except Unreachable as error:
                log.warning("cannot be watched", kind=resource.kind, error=str(error))
            await asyncio.sleep(pause)

    async def _list(self, resource: Resource, namespace: str | None, known: dict[str, Object]) -> str:
        found: dict[str, Object] = {}
        version = "0"
        async for at, items in self.client.pages(resource, namespace, _PARAMS.get(resource.plural)):
            version = str(at)
            for item in items:
                found[item["metadata"]["uid"]] = _identity(item)
                self._guarded(resource, self._takers[resource.plural].put, item)
        for uid, identity in known.items():
            if uid not in found:
                self._guarded(resource, self._takers[resource.plural].drop, identity)
        known.clear()
        known.update(found)
        return version

    def _take(self, resource: Resource, event: Mapping[str, Any], known: dict[str, Object]) -> None:
        obj = event["object"]
        if event["type"] == "ERROR":
            raise Refused(int(obj.get("code", 410)), obj.get("reason", ""), obj.get("message", ""), None)
        uid = obj["metadata"].get("uid", "")
        if event["type"] == "DELETED":
            known.pop(uid, None)
            self._guarded(resource, self._takers[resource.plural].drop, obj)
        elif event["type"] in ("ADDED", "MODIFIED"):
            known[uid] = _identity(obj)
            self._guarded(resource, self._takers[resource.plural].put, obj)

    @staticmethod
    def _guarded(resource: Resource, take: Callable[[Object], None], obj: Object) -> None:
        try:
            take(obj)
        except Exception as error:  # an odd object must not hide all others
            log.warning("object cannot be read", kind=resource.kind, name=obj["metadata"]["name"], error=repr(error))

    @staticmethod
    def _explain(resource: Resource, error: Exception) -> None:
        log.info("not known, and so no limit", kind=resource.kind, error=str(error))


def _identity(obj: Object) -> Object:
    """What it takes to forget an object."""
    meta = obj["metadata"]
    return {"metadata": {"uid": meta["uid"], "name": meta["name"], "namespace": meta.get("namespace", "")}}


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
