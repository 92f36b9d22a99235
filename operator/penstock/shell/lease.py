"""Leader election: one replica acts at a time, by a Lease (coordination.k8s.io), as client-go does it.

A Lease that somebody else holds counts as held until it was seen unchanged for its whole duration by our own clock,
so clocks need not agree.
"""

import asyncio
import time
from datetime import UTC, datetime

import structlog

from penstock.shell import metrics
from penstock.shell.client import Client, Refused, Unreachable
from penstock.shell.resources import LEASES, Object

log = structlog.get_logger(__name__)

NAME = "penstock-operator"
DURATION = 15
RENEW = 5.0
RETRY = 2.0


class LeaseLost(Exception):
    """Another replica acts, or may do so: this one must not go on."""


class Lease:
    """The right to act."""

    def __init__(self, client: Client, namespace: str, identity: str) -> None:
        self.client = client
        self.namespace = namespace
        self.identity = identity
        self._held: Object | None = None
        self._seen: tuple[str, float] = ("", 0.0)

    async def acquire(self) -> None:
        """Returns once this replica holds the Lease."""
        said = ""
        while True:
            try:
                holder = await self._try()
            except (Refused, Unreachable) as error:
                holder = f"nobody can tell: {error}"
            if not holder:
                metrics.LEADER.set(1)
                log.info("this replica acts", identity=self.identity)
                return
            if holder != said:
                said = holder
                log.info("another replica acts; standing by", holder=holder)
            await asyncio.sleep(RETRY)

    async def hold(self) -> None:
        """Renews the Lease for ever; raises LeaseLost when it could not in time."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(RENEW if time.monotonic() - renewed < RENEW else 1.0)
            try:
                assert self._held is not None
                async with asyncio.timeout(DURATION * 2 / 3):
                    self._held = await self.client.replace(LEASES, self._manifest(self._held))
                renewed = time.monotonic()
            except Refused as error:
                if error.code == 409:
                    raise LeaseLost("another replica took the Lease") from error
                log.warning("the Lease could not be renewed", error=str(error))
            except (Unreachable, TimeoutError) as error:
                log.warning("the Lease could not be renewed", error=str(error) or "no answer in time")
            if time.monotonic() - renewed > DURATION * 2 / 3:
                raise LeaseLost("the Lease could not be renewed in time")

    async def release(self) -> None:
        """Lets another replica begin at once."""
        if self._held is None:
            return
        try:
            async with asyncio.timeout(2):
                await self.client.replace(LEASES, self._manifest(self._held, holder=""))
        except (Refused, Unreachable, TimeoutError) as error:
            log.warning("the Lease could not be given back; it ends by itself", error=str(error))
        self._held = None

    async def _try(self) -> str:
        """Takes the Lease if it is free; returns who holds it otherwise."""
        try:
            known = await self.client.get(LEASES, self.namespace, NAME)
        except Refused as error:
            if error.code != 404:
                raise
            self._held = await self.client.create(LEASES, self._manifest(None), retry=False)
            return ""
        holder: str = known["spec"].get("holderIdentity") or ""
        version = known["metadata"]["resourceVersion"]
        if version != self._seen[0]:
            self._seen = (version, time.monotonic())
        patience = known["spec"].get("leaseDurationSeconds") or DURATION
        if holder not in ("", self.identity) and time.monotonic() - self._seen[1] < patience:
            return holder
        self._held = await self.client.replace(LEASES, self._manifest(known))
        return ""

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
