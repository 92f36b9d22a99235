"""What the operator sees of a PipelineSchedule: the object, the Pipelines of its ticks, and one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.api.base import API_VERSION
from penstock.core import labels, names
from penstock.core.clock import instant, stamp
from penstock.core.cron.schedule_check import SCHEDULED_TIME, CompiledSchedule
from penstock.core.pipeline.lifecycle import parse_rerun
from penstock.core.pod.marks import owner_reference
from penstock.core.seen.views import Object, PipelineView

_FINAL = ("Succeeded", "Failed", "Cancelled", "Invalid")


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A PipelineSchedule object, with its spec as it is stored."""

    uid: str
    name: str
    namespace: str
    version: str
    generation: int
    created: float
    spec: Object
    status: Object
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class ScheduleObserved:
    """One PipelineSchedule at one instant. `pipelines`: those that it owns or whose names it could want."""

    schedule: ScheduleView
    compiled: CompiledSchedule
    pipelines: Sequence[PipelineView]
    now: float


@dataclass(frozen=True, slots=True)
class Run:
    """A Pipeline that the schedule owns. `tick` is None for a name that no tick gives; `ended` None while it runs."""

    view: PipelineView
    tick: int | None
    ended: float | None

    @property
    def backfill(self) -> bool:
        """Whether it was created for a backfill."""
        return self.view.backfill


def schedule_view(obj: Object) -> ScheduleView:
    """The view of a PipelineSchedule object."""
    meta = obj["metadata"]
    return ScheduleView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        generation=meta.get("generation", 1),
        created=instant(meta["creationTimestamp"]) or 0.0,
        spec=obj.get("spec") or {},
        status=obj.get("status") or {},
        deleting="deletionTimestamp" in meta,
    )


def run_of(view: PipelineView, schedule: ScheduleView) -> Run:
    """The Pipeline as a run of the schedule that owns it."""
    minutes = view.name.removeprefix(f"{schedule.name}-")
    tick = int(minutes) * 60 if minutes.isdecimal() and minutes.isascii() else None
    return Run(view, tick, _ended(view))


def _ended(view: PipelineView) -> float | None:
    """When it ended; None also if it ended once, but goes on after an edit or a rerun that is not taken up yet."""
    status = view.status
    rerun = parse_rerun(view.rerun)
    going_on = status.get("observedGeneration") != view.generation or (rerun and rerun.token != status.get("rerun"))
    if status.get("phase") not in _FINAL or (going_on and status.get("phase") != "Invalid"):
        return None
    finished: Object = next((one for one in status.get("conditions") or () if one["type"] == "Finished"), {})
    return instant(status.get("completionTime") or finished.get("lastTransitionTime")) or view.created


def pipeline_manifest(schedule: ScheduleView, tick: float, backfill: bool = False) -> dict[str, Any]:
    """The Pipeline to create for a tick."""
    template = schedule.spec["pipelineTemplate"]
    metadata = template.get("metadata") or {}
    return {
        "apiVersion": API_VERSION,
        "kind": "Pipeline",
        "metadata": {
            "name": names.scheduled_name(schedule.name, tick),
            "namespace": schedule.namespace,
            "labels": {
                **(metadata.get("labels") or {}),
                labels.MANAGED_BY: labels.PENSTOCK,
                labels.SCHEDULE: schedule.name,
                **({labels.BACKFILL: "true"} if backfill else {}),
            },
            "annotations": {**(metadata.get("annotations") or {}), labels.SCHEDULED_TIME: stamp(tick)},
            "ownerReferences": [owner_reference("PipelineSchedule", schedule.name, schedule.uid)],
        },
        "spec": _spec(template["spec"], stamp(tick)),
    }


def _spec(template: Mapping[str, Any], tick: str) -> dict[str, Any]:
    spec = dict(template)
    if params := spec.get("params"):
        spec["params"] = [{**one, "value": tick} if one.get("name") == SCHEDULED_TIME else one for one in params]
    return spec
