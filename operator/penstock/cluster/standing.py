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
        phase = (self.pipeline.get("status") or {}).get("phase")
        if phase not in PIPELINE_ENDED or not self.taken_up:
            return None
        return {"Succeeded": 0, "Cancelled": CANCELLED}.get(phase, FAILED)

    @property
    def taken_up(self) -> bool:
        """Whether the status is of the manifest as it is now, and of the rerun that is asked for."""
        if self.pipeline is None:
            return False
        metadata, status = self.pipeline["metadata"], self.pipeline.get("status") or {}
        seen = {status.get("observedGeneration"), *(one.get("observedGeneration") for one in _conditions(status))}
        if seen != {metadata.get("generation")}:
            return False  # an edit that begins no revision is carried out once all conditions are of it
        asked = (metadata.get("annotations") or {}).get("penstock.dev/rerun")
        return not asked or status.get("phase") == "Invalid" or same_rerun(asked, status.get("rerun"))


def _conditions(status: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (one for one in status.get("conditions") or () if "observedGeneration" in one)


def same_rerun(asked: str, taken_up: str | None) -> bool:
    """Whether the rerun in the annotation is the one in the status."""
    return asked.split()[:1] == (taken_up or "").split()[:1]
