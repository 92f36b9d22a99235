"""Which artifacts nothing refers to any more: of attempts that failed, and of results that are no longer held.

They are collected once after each round, when the Pipeline has rested for the retention of its storage. Nothing becomes
unreferenced while it rests, so whatever is unreferenced then has been for at least that long. New attempts have higher
run numbers or belong to new Steps, so that a Pipeline which goes on meanwhile loses nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.api import durations
from penstock.api.storage import Storage
from penstock.core.clock import instant
from penstock.core.pod.artifacts import root, step_directory
from penstock.core.pod.transfer import Collection
from penstock.core.seen.views import PipelineView, StepView

SKEW = 600.0
"""Seconds by which the clocks of cluster and store may differ."""


def due(storage: Storage | None, status: Mapping[str, Any], steps: Iterable[StepView]) -> float | None:
    """When a Pipeline with this status is to be collected (seconds since 1970); None if there is no need."""
    ended = instant(status.get("completionTime"))
    if storage is None or ended is None or status.get("collected") == status.get("round"):
        return None
    if (status.get("revision") or 0) <= 1 and not any(map(_may_leave, steps)):
        return None
    return ended + durations.parse(storage.retention)


def _may_leave(step: StepView) -> bool:
    """Whether there was an attempt of the Step to which it may not refer any more."""
    status = step.status
    return len(status.get("attempts") or ()) > 1 or (status.get("lastRun") or 0) > len(status.get("results") or ())


def collection(pipeline: PipelineView, steps: Iterable[StepView], ended: float) -> Collection:
    """What may be removed of a Pipeline that ended then (seconds since 1970)."""
    last: dict[str, int] = {}
    kept: dict[str, set[str]] = {}
    for step in steps:
        last[step_directory(step.path, step.uid)] = step.status.get("lastRun") or 0
        for result in (step.status, *(step.status.get("results") or ())):
            for location in (result.get("artifacts") or {}).values():
                where, attempt = location.split("/")[-3:-1]
                kept.setdefault(where, set()).add(attempt)
    known = {where: (last.get(where, 0), tuple(sorted(kept.get(where, ())))) for where in last.keys() | kept.keys()}
    return Collection(root(pipeline.name, pipeline.uid), dict(sorted(known.items())), ended - SKEW)
