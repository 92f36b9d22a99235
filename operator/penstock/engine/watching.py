"""One watch of one kind: a list, and from its version on all that is told, for as long as the operator runs.

As client-go's reflectors do it (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes):
a watch that ends goes on from the last version that it told of, bookmarks included; one that cannot (410 Gone) lists
anew. Whatever befalls one watch, it begins again by itself, and no other notices.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.listing import WentBack
from penstock.engine.resources import Resource

log = structlog.get_logger(__name__)

PAUSE = 2.0
"""Seconds from one attempt to the next, if the first one failed."""
BRIEF = 0.1
"""Seconds until a watch goes on that its server ended in good order."""
AT_ONCE = 32
"""Events that are taken in before others get their turn: a megabyte of them may have come together."""


class Taker(Protocol):
    """Who takes in what one watch tells."""

    async def list(self) -> int:
        """Takes in all there is and drops what is gone; returns the version at which that was so."""
        ...

    def take(self, event: Mapping[str, Any]) -> None:
        """Takes in what is there, or (DELETED) is gone."""
        ...

    def denied(self, error: Refused) -> None:
        """It may not be read any more."""
        ...


@dataclass(slots=True)
class Watch:
    """One kind in one namespace (None: in all).

    `version`: of the list with which it begins; 0 if it is to list first. `denied`: seconds until what may not be read
    is asked for again, at first and at most. `compared`: seconds for which a watch goes on where the one before ended,
    before all is listed again; then a connection that breaks has it listed too, since who answers next may know less
    than who answered before (a restored etcd). For ever if all is listed and compared by somebody else.
    """

    client: Client
    resource: Resource
    namespace: str | None
    taker: Taker
    version: int = 0
    denied: tuple[float, float] = (30.0, 300.0)
    compared: float = math.inf
    _listed: float = 0.0
    _said: str = ""
    _denied: float = 0.0

    async def run(self) -> None:
        """Follows for ever. Raises WentBack if a list shows that the past has come back."""
        loop = asyncio.get_running_loop()
        self._listed = loop.time()
        least, most = self.denied
        while True:
            due = loop.time() + PAUSE
            try:
                if not self.version:
                    self.version = await self.taker.list()
                    self._listed = loop.time()
                await self._follow()
                due = self._denied = 0.0
            except Refused as error:
                if error.code in (403, 410):
                    self.version = 0
                if error.code != 410:
                    self._tell(error)
                if error.code == 403:
                    self.taker.denied(error)
                    self._denied = min(2 * self._denied, most) or least
                    due = loop.time() + self._denied
            except Unreachable as error:
                if self.compared < math.inf:
                    self.version = 0
                self._tell(error)
            except WentBack:
                raise
            except Exception:  # one watch must not end the others
                self.version = 0
                log.exception("cannot be watched; it is tried again", kind=self.resource.kind)
            if loop.time() >= self._listed + self.compared:
                self.version = 0
            await asyncio.sleep(max(BRIEF, due - loop.time()))

    async def _follow(self) -> None:
        async for events in self.client.watch(self.resource, self.namespace, self.version):
            self._said, self._denied = "", 0.0
            for number, event in enumerate(events, 1):
                self._take(event)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _take(self, event: Mapping[str, Any]) -> None:
        kind, obj = event["type"], event["object"]
        if kind == "ERROR":
            self.version = 0
            raise Refused(int(obj.get("code", 410)), obj.get("reason", ""), obj.get("message", ""))
        if kind != "BOOKMARK":
            self.taker.take(event)
        self.version = int(obj["metadata"]["resourceVersion"])

    def _tell(self, error: Exception) -> None:
        """Says once what is wrong, as long as it is the same."""
        if str(error) != self._said:
            self._said = str(error)
            where = self.namespace or "all"
            log.warning(
                "cannot be watched; it is tried again", kind=self.resource.kind, namespace=where, error=self._said
            )
