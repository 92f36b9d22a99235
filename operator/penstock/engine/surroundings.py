"""Watches what decides about room besides Penstock's own Jobs: nodes, other pods, quotas and limit ranges.

Each is listed and watched as far as the operator may; what it may not see is not known, and limits nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from penstock.core import labels
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import node_view, pod_hold, quota_view, range_view
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.resources import LIMIT_RANGES, NODES, OTHER_PODS, QUOTAS, Object, Resource
from penstock.engine.scope import Scope

log = structlog.get_logger(__name__)

PAUSE = 2.0
DENIED_PAUSES = (30.0, 300.0)
"""Seconds until what may not be read is asked for again, at first and at most: whoever grants it waits for that."""
COMPARED = 1800.0
"""Seconds for which a watch of other pods goes on where the one before ended, before all of them are listed again."""

_PARAMS: Mapping[str, Mapping[str, str]] = {
    OTHER_PODS.plural: {
        "labelSelector": f"{labels.MANAGED_BY}!={labels.PENSTOCK}",
        "fieldSelector": "status.phase!=Succeeded,status.phase!=Failed",
    }
}


_Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Taker:
    """How the ledger takes a kind in, by what name it knows an object, and how it drops that."""

    put: Callable[[Object], None]
    name: Callable[[Object], _Name]
    drop: Callable[..., None]


class Surroundings:
    """Keeps the ledger true about everything that is not Penstock's own.

    `went_back` is called if a list is of an older version than the one before: that is how a restored etcd shows first,
    since its API server began anew, which ended all watches.
    """

    def __init__(
        self, client: Client, ledger: Ledger, scope: Scope, went_back: Callable[[], None] = lambda: None
    ) -> None:
        self.client = client
        self.went_back = went_back
        self.ledger = ledger
        self.namespaces: tuple[str | None, ...] = scope.namespaces or (None,)
        self._known: dict[tuple[str, str | None], set[_Name]] = {}
        """Names in the ledger, by kind and the namespace that is watched."""
        self._takers = {
            NODES.plural: _Taker(lambda obj: ledger.put_node(node_view(obj)), _own_name, ledger.drop_node),
            OTHER_PODS.plural: _Taker(lambda obj: ledger.put_pod(_uid(obj)[0], pod_hold(obj)), _uid, ledger.drop_pod),
            QUOTAS.plural: _Taker(lambda obj: ledger.put_quota(quota_view(obj)), _full_name, ledger.drop_quota),
            LIMIT_RANGES.plural: _Taker(lambda obj: ledger.put_range(range_view(obj)), _full_name, ledger.drop_range),
        }

    async def first(self) -> None:
        """Lists everything once, so that the first pass of admission knows what there is."""
        for resource, namespace in self._watched():
            try:
                await self._list(resource, namespace)
            except (Refused, Unreachable) as error:
                self._explain(resource, error)

    async def run(self) -> None:
        """Watches all of it, for ever."""
        await asyncio.gather(*(self._follow(resource, namespace) for resource, namespace in self._watched()))

    def _watched(self) -> list[tuple[Resource, str | None]]:
        everywhere = [(NODES, None), (OTHER_PODS, None)] if None in self.namespaces else []
        return everywhere + [(one, namespace) for one in (QUOTAS, LIMIT_RANGES) for namespace in self.namespaces]

    async def _follow(self, resource: Resource, namespace: str | None) -> None:
        denied = DENIED_PAUSES[0]
        newest, version, listed = 0, "", 0.0
        wanted = {"allowWatchBookmarks": "true", **_PARAMS.get(resource.plural, {})}
        while True:
            pause, known, version = PAUSE, version, ""
            try:
                if not known:
                    known, listed = await self._list(resource, namespace), _instant()
                    denied = DENIED_PAUSES[0]
                    if int(known) < newest:
                        self.went_back()
                    newest = int(known)
                async for event in self.client.watch(resource, namespace, known, wanted):
                    known = self._take(resource, namespace, event)
                # Lists of what there is little of are cheap, and tell of a restored etcd.
                version = known if resource is OTHER_PODS and _instant() < listed + COMPARED else ""
            except Refused as error:
                if error.code == 403:
                    self._explain(resource, error)
                    self._forget(resource, namespace)
                    pause, denied = denied, min(2 * denied, DENIED_PAUSES[1])
                elif error.code != 410:
                    log.warning("cannot be watched", kind=resource.kind, error=str(error))
            except Unreachable as error:
                log.warning("cannot be watched", kind=resource.kind, error=str(error))
            except Exception:  # one watch must not end the others
                log.exception("cannot be watched", kind=resource.kind)
            await asyncio.sleep(pause)

    async def _list(self, resource: Resource, namespace: str | None) -> str:
        """Takes in all there is and drops what is gone, by what the ledger knows it by: another may have its name."""
        taker, known = self._takers[resource.plural], self._names(resource, namespace)
        found: set[_Name] = set()
        version = "0"
        async for at, items in self.client.pages(resource, namespace, _PARAMS.get(resource.plural)):
            version = str(at)
            for item in items:
                found.add(taker.name(item))
                known.add(taker.name(item))
                self._guarded(resource, taker.put, item)
        for name in known - found:
            taker.drop(*name)
        known &= found
        return version

    def _take(self, resource: Resource, namespace: str | None, event: Mapping[str, Any]) -> str:
        """Takes an event in; returns the version from which on a watch can go on."""
        obj = event["object"]
        if event["type"] == "ERROR":
            raise Refused(int(obj.get("code", 410)), obj.get("reason", ""), obj.get("message", ""), None)
        taker, known = self._takers[resource.plural], self._names(resource, namespace)
        if event["type"] == "DELETED":
            known.discard(taker.name(obj))
            taker.drop(*taker.name(obj))
        elif event["type"] in ("ADDED", "MODIFIED"):
            known.add(taker.name(obj))
            self._guarded(resource, taker.put, obj)
        version: str = obj["metadata"]["resourceVersion"]
        return version

    def _forget(self, resource: Resource, namespace: str | None) -> None:
        taker, known = self._takers[resource.plural], self._names(resource, namespace)
        while known:
            taker.drop(*known.pop())

    def _names(self, resource: Resource, namespace: str | None) -> set[_Name]:
        return self._known.setdefault((resource.plural, namespace), set())

    @staticmethod
    def _guarded(resource: Resource, take: Callable[[Object], None], obj: Object) -> None:
        try:
            take(obj)
        except Exception as error:  # an odd object must not hide all others
            log.warning("object cannot be read", kind=resource.kind, name=obj["metadata"]["name"], error=repr(error))

    @staticmethod
    def _explain(resource: Resource, error: Exception) -> None:
        log.info("not known, and so no limit", kind=resource.kind, error=str(error))


def _instant() -> float:
    return asyncio.get_running_loop().time()


def _uid(obj: Object) -> _Name:
    return (obj["metadata"]["uid"],)


def _own_name(obj: Object) -> _Name:
    return (obj["metadata"]["name"],)


def _full_name(obj: Object) -> _Name:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
