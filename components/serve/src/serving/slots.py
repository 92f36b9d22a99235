"""The two slots and the switch, with the writes that a deployment makes of them.

The order of the writes makes it safe for deployments to race. Each reads the idle Deployment, then claims the slot by a
patch of the Service, then fills the Deployment as it read it, and at last switches the Service as it claimed it. A fill
always changes the Deployment. So whoever claimed last makes every earlier one fail: its switch, since the Service has
changed, and its fill, since the Deployment has or will have (decision 36).
"""

import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from serving.kube import Api, ConflictError, Object
from serving.record import MODEL, NEXT, SERVING, Record, read

SLOT = "penstock.dev/slot"
PORT = 8080
OTHER = {"a": "b", "b": "a"}
POLL = 0.5
"""Seconds between two looks at a slot."""


class LateError(Exception):
    """A slot is not ready in time."""


@dataclass(frozen=True)
class Seen:
    """The Service at one moment: its version, the slot that is live, the record, and who claims the other slot."""

    edition: str
    live: str
    record: Record
    claimed: str

    @property
    def idle(self) -> str:
        return OTHER[self.live]


@dataclass(frozen=True)
class Claim:
    """The right to fill the idle slot and to switch to it, until somebody else claims it."""

    edition: str
    deployment: str
    version: str
    slot: str
    mark: str
    replicas: int
    record: Record


@dataclass(frozen=True)
class Slots:
    """The objects of one chart."""

    api: Api
    namespace: str
    service: str

    def host(self, slot: str) -> str:
        """The name under which all pods of a slot are found."""
        return f"{self.service}-{slot}.{self.namespace}.svc"

    def look(self) -> Seen:
        found = self.api.get(self._service)
        notes = found["metadata"].get("annotations") or {}
        live = found["spec"].get("selector", {}).get(SLOT, "a")
        return Seen(found["metadata"]["resourceVersion"], live, read(notes.get(SERVING)), notes.get(NEXT, ""))

    def claim(self, version: str, by: str) -> Claim:
        """Says in the Service who fills the idle slot, or empties it if there is no version.

        ConflictError if the Service has changed meanwhile.
        """
        seen = self.look()
        idle, live = self.api.get(self._slot(seen.idle)), self.api.get(self._slot(seen.live))
        replicas = max(1, live["spec"].get("replicas", 0)) if version else 0
        mark = json.dumps({"version": version, "by": by, "slot": seen.idle, "try": secrets.token_hex(4)})
        edition = idle["metadata"]["resourceVersion"]
        found = self._mark_service(seen.edition, {NEXT: mark})
        return Claim(found["metadata"]["resourceVersion"], edition, version, seen.idle, mark, replicas, seen.record)

    def fill(self, claim: Claim) -> None:
        """Puts the version into the slot; ConflictError if the slot is not as it was when it was claimed."""
        spec: Object = {"replicas": claim.replicas}
        if claim.version:
            spec["template"] = {"metadata": {"annotations": {MODEL: claim.version}}}
        metadata = {"resourceVersion": claim.deployment, "annotations": {MODEL: claim.mark}}
        self.api.patch(self._slot(claim.slot), {"metadata": metadata, "spec": spec})

    def wait(self, claim: Claim, seconds: float) -> None:
        """Until all pods of the slot are ready and none is of before; LateError, or ConflictError if it is refilled.

        The condition Progressing is not asked: it can be of a rollout that is over (kubernetes/kubernetes#93754).
        """
        deadline = time.monotonic() + seconds
        while True:
            found = self.api.get(self._slot(claim.slot))
            if found["metadata"].get("annotations", {}).get(MODEL) != claim.mark:
                raise ConflictError(f"slot {self.service}-{claim.slot} was filled by somebody else")
            status = found.get("status", {})
            if settled(found):
                return
            if time.monotonic() > deadline:
                raise LateError(
                    f"slot {self.service}-{claim.slot} is not ready after {seconds:.0f} s:"
                    f" {status.get('readyReplicas', 0)} of {claim.replicas} pods are;"
                    f" `kubectl logs -n {self.namespace} deployment/{self.service}-{claim.slot}` may say why"
                )
            time.sleep(POLL)

    def switch(self, claim: Claim, record: Record) -> None:
        """Makes the slot live, in one patch of one object; ConflictError if anything of the Service has changed."""
        notes = {SERVING: record.written(claim.slot), NEXT: None}
        self._mark_service(claim.edition, notes, {"selector": {SLOT: claim.slot}})

    def note(self, seen: Seen, record: Record) -> None:
        """Writes the record of what is live anew; ConflictError if anything of the Service has changed."""
        self._mark_service(seen.edition, {SERVING: record.written(seen.live)})

    def release(self, by: str) -> None:
        """Takes back the claim of who did not come to switch; it stays, and harms nobody, if the Service changes."""
        seen = self.look()
        if _claimant(seen.claimed) == by:
            with suppress(ConflictError):
                self._mark_service(seen.edition, {NEXT: None})

    def empty(self, version: str) -> None:
        """Ends the pods of the idle slot, if it holds that version and nobody claims it."""
        # In this order: who fills the slot in between changes the Deployment, who claimed it before is seen.
        seen = self.look()
        found = self.api.get(self._slot(seen.idle))
        held = found["spec"]["template"]["metadata"].get("annotations", {}).get(MODEL)
        if held == version and self.look() == seen and not seen.claimed:
            edition = {"resourceVersion": found["metadata"]["resourceVersion"]}
            self.api.patch(self._slot(seen.idle), {"metadata": edition, "spec": {"replicas": 0}})

    def held(self) -> set[str]:
        """The versions that the slots hold."""
        templates = (self.api.get(self._slot(slot))["spec"]["template"]["metadata"] for slot in OTHER)
        return {version for one in templates if (version := (one.get("annotations") or {}).get(MODEL))}

    def yielded(self, by: str, seconds: float) -> None:
        """Waits while somebody else's claim stands, so that two who race do not take turns for ever."""
        first = self.look().claimed
        _until(lambda: (now := self.look().claimed) != first or _claimant(now) in ("", by), seconds)

    def _mark_service(self, edition: str, notes: dict[str, str | None], spec: Object | None = None) -> Object:
        patch: Object = {"metadata": {"resourceVersion": edition, "annotations": notes}}
        return self.api.patch(self._service, patch | ({"spec": spec} if spec else {}))

    @property
    def _service(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/services/{self.service}"

    def _slot(self, slot: str) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{self.service}-{slot}"


def settled(deployment: Object) -> bool:
    """Whether all pods of a Deployment are of its latest template, and ready."""
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and counts == [wanted] * 3


def _claimant(text: str) -> str:
    try:
        value: Any = json.loads(text)
        return str(value["by"])
    except (ValueError, KeyError, TypeError):
        return ""


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(POLL)
