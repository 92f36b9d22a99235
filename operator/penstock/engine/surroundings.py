"""Watches what decides about room besides Penstock's own Jobs: nodes, other pods, quotas and limit ranges.

Each is listed and watched as far as the operator may; what it may not see is not known, and limits nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import node_view, pod_hold, quota_view, range_view
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.resources import LIMIT_RANGES, NODES, OTHER_PODS, QUOTAS, Object, Resource
from penstock.engine.scope import Scope
from penstock.engine.watching import Watch

log = structlog.get_logger(__name__)

DENIED_PAUSES = (30.0, 300.0)
"""Seconds until what may not be read is asked for again, at first and at most: whoever grants it waits for that."""
COMPARED = 1800.0
"""Seconds for which a watch of other pods goes on where the one before ended, before all of them are listed again."""

_Name = tuple[str, ...]


@dataclass(slots=True)
class _Kind:
    """One kind in one namespace: how the ledger takes it in, by what name it knows an object, and how it drops that.

    `went_back` is called if a list is of an older version than the one before.
    """

    client: Client
    resource: Resource
    namespace: str | None
    put: Callable[[Object], None]
    name: Callable[[Object], _Name]
    drop: Callable[..., None]
    went_back: Callable[[], None]
    known: set[_Name] = field(default_factory=set)
    newest: int = 0

    async def list(self) -> int:
        """Takes in all there is and drops what is gone, by what the ledger knows it by: another may have its name."""
        found: set[_Name] = set()
        version = 0
        async for at, items in self.client.pages(self.resource, self.namespace):
            version = at
            for item in items:
                found.add(self.name(item))
                self._put(item)
        for name in self.known - found:
            self.drop(*name)
        self.known &= found
        if version < self.newest:
            self.went_back()
        self.newest = version
        return version

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the watch."""
        if event["type"] == "DELETED":
            self.known.discard(self.name(event["object"]))
            self.drop(*self.name(event["object"]))
        else:
            self._put(event["object"])

    def denied(self, error: Refused) -> None:
        """What may not be seen limits nothing."""
        while self.known:
            self.drop(*self.known.pop())

    def explain(self, error: Exception) -> None:
        """Tells why nothing is known."""
        log.info("not known, and so no limit", kind=self.resource.kind, error=str(error))

    def _put(self, obj: Object) -> None:
        self.known.add(self.name(obj))
        try:
            self.put(obj)
        except Exception as error:  # an odd object must not hide all others
            name = obj["metadata"]["name"]
            log.warning("object cannot be read", kind=self.resource.kind, name=name, error=repr(error))


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
        namespaces: tuple[str | None, ...] = scope.namespaces or (None,)
        self.kinds = [self._nodes(), self._pods()] if None in namespaces else []
        self.kinds += [one(namespace) for one in (self._quotas, self._ranges) for namespace in namespaces]

    async def first(self) -> None:
        """Lists everything once, so that the first pass of admission knows what there is."""
        for kind in self.kinds:
            try:
                await kind.list()
            except (Refused, Unreachable) as error:
                kind.explain(error)

    async def run(self) -> None:
        """Watches all of it, for ever."""
        await asyncio.gather(*(self._watch(kind).run() for kind in self.kinds))

    def _watch(self, kind: _Kind) -> Watch:
        # Lists of what there is little of are cheap, and tell of a restored etcd.
        compared = COMPARED if kind.resource is OTHER_PODS else 0.0
        return Watch(self.client, kind.resource, kind.namespace, kind, kind.newest, DENIED_PAUSES, compared)

    def _nodes(self) -> _Kind:
        put, drop = self.ledger.put_node, self.ledger.drop_node
        return self._kind(NODES, None, lambda obj: put(node_view(obj)), _own_name, drop)

    def _pods(self) -> _Kind:
        put, drop = self.ledger.put_pod, self.ledger.drop_pod
        return self._kind(OTHER_PODS, None, lambda obj: put(_uid(obj)[0], pod_hold(obj)), _uid, drop)

    def _quotas(self, namespace: str | None) -> _Kind:
        put, drop = self.ledger.put_quota, self.ledger.drop_quota
        return self._kind(QUOTAS, namespace, lambda obj: put(quota_view(obj)), _full_name, drop)

    def _ranges(self, namespace: str | None) -> _Kind:
        put, drop = self.ledger.put_range, self.ledger.drop_range
        return self._kind(LIMIT_RANGES, namespace, lambda obj: put(range_view(obj)), _full_name, drop)

    def _kind(
        self,
        resource: Resource,
        namespace: str | None,
        put: Callable[[Object], None],
        name: Callable[[Object], _Name],
        drop: Callable[..., None],
    ) -> _Kind:
        return _Kind(self.client, resource, namespace, put, name, drop, self.went_back)


def _uid(obj: Object) -> _Name:
    return (obj["metadata"]["uid"],)


def _own_name(obj: Object) -> _Name:
    return (obj["metadata"]["name"],)


def _full_name(obj: Object) -> _Name:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
