"""Leader election: one replica acts at a time, by a Lease (coordination.k8s.io), as client-go does it.

A Lease that somebody else holds counts as held until it was seen unchanged for its whole duration by our own clock,
so clocks need not agree. The holder counts from the instant at which it sent what renewed the Lease, which is before
anybody can have seen it, and stops MARGIN seconds early: no late answer makes two replicas act. The clock goes on while
the machine or the process stands still; `left` is asked before every write, so whoever was frozen for too long notices
before it does anything.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from penstock.engine import metrics
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.clock import steady
from penstock.engine.resources import LEASES, Object

log = structlog.get_logger(__name__)

NAME = "penstock-operator"
DURATION = 15
"""Seconds without a renewal after which others may take the Lease."""
MARGIN = 3.0
"""Seconds before that at which its holder acts no more."""
RENEW = 3.0
"""Seconds between two renewals."""
REQUEST = 4.0
"""Longest wait for an answer: two renewals may get none before the Lease is lost."""
RETRY = 0.5
"""Seconds until a renewal that failed is tried again."""
LOOK = 2.0
"""Seconds between two looks of a replica that stands by."""


class LeaseLost(Exception):
    """Another replica acts, or may do so: this one must not go on."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the Lease said, and when it was first seen to say so."""

    version: str = ""
    holder: str = ""
    seconds: float = 0.0
    at: float = 0.0


class Lease:
    """The right to act. Its client tries once: what is tried again, and when, is decided here."""

    def __init__(self, client: Client, namespace: str, identity: str, clock: Callable[[], float] = steady) -> None:
        self.client = client
        self.namespace = namespace
        self.identity = identity
        self.clock = clock
        self._sent = -math.inf
        self._asked = False
        self._mine: Object | None = None
        self._seen = _Seen()

    @property
    def left(self) -> float:
        """Seconds for which this replica may still act."""
        return self._sent + DURATION - MARGIN - self.clock()

    async def acquire(self) -> None:
        """Returns once this replica holds the Lease."""
        said = ""
        while True:
            try:
                holder = await self._try()
            except (Refused, Unreachable, TimeoutError) as error:
                holder = f"nobody can tell: {_words(error)}"
            if self.left > 0:
                metrics.LEADER.set(1)
                log.info("this replica acts", identity=self.identity)
                return
            if holder and holder != said:
                said = holder
                log.info("another replica acts; standing by", holder=holder)
            over = self._seen.at + self._seen.seconds - self.clock()
            await asyncio.sleep(min(LOOK, over) if over > 0 else LOOK)

    async def hold(self) -> None:
        """Renews the Lease for ever; raises LeaseLost when it could not in time."""
        pause = RENEW
        while True:
            await asyncio.sleep(max(0.0, min(pause, self.left)))
            if self.left <= 0:
                raise LeaseLost("the Lease could not be renewed in time")
            pause = RETRY
            try:
                async with asyncio.timeout(self.left):
                    holder = await self._try()
            except (Refused, Unreachable, TimeoutError) as error:
                log.warning("the Lease could not be renewed", error=_words(error), seconds_left=round(self.left, 1))
                continue
            if holder:
                self._sent = -math.inf
                raise LeaseLost(f"{holder} took the Lease")
            pause = RENEW - (self.clock() - self._sent)

    async def release(self) -> None:
        """Lets another replica begin at once. Nothing of this one may act any more."""
        self._sent = -math.inf
        metrics.LEADER.set(0)
        if not self._asked:
            return
        try:
            async with asyncio.timeout(2):
                known = self._mine or await self._look()
                if known and known["spec"].get("holderIdentity") == self.identity:
                    await self.client.replace(LEASES, self._manifest(known, holder=""))
        except (Refused, Unreachable, TimeoutError) as error:
            log.warning("the Lease could not be given back; it ends by itself", error=_words(error))
        self._mine = None

    async def _try(self) -> str:
        """Takes the Lease or renews it, unless another replica holds it. Returns which one does, else nothing.

        After an answer that is not plainly a yes it is looked at before anything is concluded: what was written may
        have gone through all the same.
        """
        known, self._mine = self._mine, None
        if known is None:
            known = await self._look()
            if holder := self._other(known):
                return holder
        self._asked = True
        sent = self.clock()
        manifest = self._manifest(known)
        write = self.client.replace(LEASES, manifest) if known else self.client.create(LEASES, manifest)
        self._mine = await _soon(write)
        self._sent = sent
        return ""

    async def _look(self) -> Object | None:
        """The Lease as it is; None if there is none."""
        try:
            return await _soon(self.client.get(LEASES, self.namespace, NAME))
        except Refused as error:
            if error.code != 404:
                raise
            return None

    def _other(self, known: Object | None) -> str:
        """Who else holds the Lease. One that has vanished still counts as what it said last."""
        if known and known["metadata"]["resourceVersion"] != self._seen.version:
            spec = known["spec"]
            self._seen = _Seen(
                known["metadata"]["resourceVersion"],
                spec.get("holderIdentity") or "",
                spec.get("leaseDurationSeconds") or DURATION,
                self.clock(),
            )
        seen = self._seen
        free = seen.holder in ("", self.identity) or self.clock() - seen.at >= seen.seconds
        return "" if free else seen.holder

    def _manifest(self, known: Object | None, holder: str | None = None) -> Object:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = known["spec"] if known else {}
        mine = holder is None and before.get("holderIdentity") == self.identity
        changes = before.get("leaseTransitions") or 0
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {
                "name": NAME,
                "namespace": self.namespace,
                **({"resourceVersion": known["metadata"]["resourceVersion"]} if known else {}),
            },
            "spec": {
                "holderIdentity": self.identity if holder is None else holder,
                "leaseDurationSeconds": DURATION if holder is None else 1,
                "acquireTime": before["acquireTime"] if mine and "acquireTime" in before else now,
                "renewTime": now,
                "leaseTransitions": changes if mine or not known or holder is not None else changes + 1,
            },
        }


async def _soon(request: Awaitable[Object]) -> Object:
    async with asyncio.timeout(REQUEST):
        return await request


def _words(error: Exception) -> str:
    return str(error) or "no answer in time"
