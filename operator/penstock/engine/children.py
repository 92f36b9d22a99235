"""The watches of what comes of Pipelines: Steps, Jobs and pods, of which there may be thousands.

They go on from the versions of the first lists, and what they list themselves is compared as in every resync.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.engine.client import Client, Refused
from penstock.engine.intake import Intake
from penstock.engine.listing import Lister
from penstock.engine.resources import CREATED, Resource
from penstock.engine.watching import Watch

DENIED_PAUSES = (5.0, 30.0)
"""Seconds until what may not be watched is asked for again, at first and at most: a namespace without a watch is known
by its lists only."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind in one namespace."""

    resource: Resource
    namespace: str | None
    lister: Lister
    intake: Intake

    async def list(self) -> int:
        return await self.lister.list(self.resource, self.namespace)

    def take(self, event: Mapping[str, Any]) -> None:
        self.intake.take(self.resource, event)

    def denied(self, error: Refused) -> None:
        """What becomes of the namespace is decided by its lists."""


class Children:
    """All of these watches."""

    def __init__(self, client: Client, lister: Lister, intake: Intake) -> None:
        self.client = client
        self.lister = lister
        self.intake = intake

    async def run(self) -> None:
        """Watches for ever."""
        kinds = [(resource, namespace) for resource in CREATED for namespace in self.lister.namespaces]
        await asyncio.gather(*(self._watch(*kind).run() for kind in kinds))

    def _watch(self, resource: Resource, namespace: str | None) -> Watch:
        since = self.lister.versions.get((resource, namespace), 0)
        kind = _Kind(resource, namespace, self.lister, self.intake)
        return Watch(self.client, resource, namespace, kind, since, DENIED_PAUSES)
