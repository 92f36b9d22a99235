"""Calls to the API server, counted from its audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

READS = ("get", "list")
WRITES = ("create", "update", "patch", "delete", "deletecollection")
HOUSEKEEPING = ("leases", "selfsubjectaccessreviews", "selfsubjectrulesreviews")


@dataclass
class Calls:
    """Calls of one user. Keys of the counters are (verb, resource or resource/subresource)."""

    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    stored: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those answered with success."""
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """When the API server had answered them, in seconds since 1970."""

    def writes(self) -> Counter[tuple[str, str]]:
        """Writes, leases apart: their number depends on time, not on steps."""
        return Counter({call: count for call, count in self.made.items() if call[0] in WRITES and _counts(call)})

    def reads(self) -> Counter[tuple[str, str]]:
        """Gets and lists, not watches; those of discovery (no resource) and of leases apart."""
        return Counter({call: count for call, count in self.made.items() if call[0] in READS and _counts(call)})

    def changes(self, resource: str) -> int:
        """Successful updates and patches of a resource and its status."""
        return sum(
            count
            for (verb, name), count in self.stored.items()
            if verb in ("update", "patch") and name.partition("/")[0] == resource
        )


def _counts(call: tuple[str, str]) -> bool:
    return bool(call[1]) and call[1].partition("/")[0] not in HOUSEKEEPING


@dataclass(frozen=True)
class AuditLog:
    """The audit log from a point in time on."""

    path: Path
    offset: int

    @classmethod
    def now(cls, path: Path) -> AuditLog:
        """The log from now on."""
        return cls(path, path.stat().st_size)

    def calls(self, user: str) -> Calls:
        """What a user has called since then."""
        found = Calls()
        for event in self.events(user):
            _take(found, event)
        return found

    def events(self, user: str) -> Iterator[dict[str, Any]]:
        """The events of a user, as audit.k8s.io/v1 has them; not of those who act in the user's name."""
        needle = f'"username":"{user}"'.encode()
        found = (orjson.loads(line) for line in self._lines() if needle in line)
        yield from (event for event in found if event["user"]["username"] == user)

    def _lines(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if line.endswith(b"\n"):
                    yield line


def _take(found: Calls, event: dict[str, Any]) -> None:
    if event["stage"] != "ResponseComplete":
        return
    reference = event.get("objectRef") or {}
    resource = reference.get("resource", "")
    if reference.get("subresource"):
        resource += f"/{reference['subresource']}"
    call = (event["verb"], resource)
    found.made[call] += 1
    if event.get("responseStatus", {}).get("code", 0) < 300:
        found.stored[call] += 1
    found.times.setdefault(call, []).append(datetime.fromisoformat(event["stageTimestamp"]).timestamp())
