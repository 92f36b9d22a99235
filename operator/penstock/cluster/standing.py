"""One Pipeline with its Steps as changes come in, and whether it has ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.cluster.api import PIPELINES, STEPS, Object
from penstock.cluster.failure import CANCELLED, FAILED, Failure
from penstock.cluster.phases import PIPELINE_ENDED
from penstock.cluster.watching import Change


@dataclass(slots=True)
class Standing:
    """What is known of a Pipeline. Complete once both its own list and that of its Steps have come."""

    name: str
    pipeline: Object | None = None
    steps: dict[str, Object] = field(default_factory=dict)
    synced: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether Pipeline and Steps have both been listed."""
        return {PIPELINES.plural, STEPS.plural} <= self.synced and self.pipeline is not None

    def take(self, changes: Iterable[Change]) -> None:
        """Takes changes in. Raises Failure if the Pipeline is gone."""
        for change in changes:
            if change.resource is PIPELINES:
                self._take_pipeline(change)
            elif change.kind == "SYNCED":
                self.steps = {one["metadata"]["name"]: one for one in change.objects}
            else:
                for one in change.objects:
                    self.steps[one["metadata"]["name"]] = one
                    if change.kind == "DELETED":
                        del self.steps[one["metadata"]["name"]]
            if change.kind == "SYNCED":
                self.synced.add(change.resource.plural)

    def _take_pipeline(self, change: Change) -> None:
        if change.kind == "DELETED" or not change.objects:
            raise Failure(f"pipeline {self.name!r} was deleted")
        self.pipeline = change.objects[0]

    @property
    def exit_code(self) -> int | None:
        """0 Succeeded, 1 Failed or Invalid, 2 Cancelled; None while it runs or has an edit or rerun to take up."""
        if not self.complete or self.pipeline is None:
            return None
        phase = (self.pipeline.get("status") or {}).get("phase", "")
        return {"Succeeded": 0, "Cancelled": CANCELLED}.get(phase, FAILED) if has_ended(self.pipeline) else None


def has_ended(pipeline: Object) -> bool:
    """Whether it has ended, with the manifest as it is now carried out and no rerun to take up.

    The status that takes up an edit has the phase from before; an edit that begins no revision, of a condition or an
    output alone, is carried out once all conditions are of it.
    """
    generation, status = pipeline["metadata"].get("generation"), pipeline.get("status") or {}
    done = all(one["observedGeneration"] == generation for one in _conditions(status))
    return status.get("phase") in PIPELINE_ENDED and done and is_taken_up(pipeline)


def is_taken_up(pipeline: Object) -> bool:
    """Whether the status is of the manifest as it is now, and of the rerun that is asked for."""
    metadata, status = pipeline["metadata"], pipeline.get("status") or {}
    asked = (metadata.get("annotations") or {}).get("penstock.dev/rerun")
    known = not asked or status.get("phase") == "Invalid" or same_rerun(asked, status.get("rerun"))
    return known and status.get("observedGeneration") == metadata.get("generation")


def _conditions(status: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (one for one in status.get("conditions") or () if "observedGeneration" in one)


def same_rerun(asked: str, taken_up: str | None) -> bool:
    """Whether the rerun in the annotation is the one in the status."""
    return asked.split()[:1] == (taken_up or "").split()[:1]
