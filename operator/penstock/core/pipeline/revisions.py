"""Past revisions of a Pipeline, kept as ControllerRevisions: what was applied, and the Components it was resolved to.

A Pipeline keeps the Components that it resolved (its pins), so that editing a Component changes no Pipeline until that
is edited or rerun itself. A spec equal to a kept revision's takes the pins of that revision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock import api
from penstock.api.base import API_VERSION
from penstock.api.parse import InvalidManifest, parse
from penstock.core import labels, names
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import ComponentKey
from penstock.core.pipeline.lifecycle import Standing, new_rerun
from penstock.core.pod.marks import owner_reference
from penstock.core.seen.views import UNDO, JobView, Object, PipelineView, StepView
from penstock.core.step.status import closed
from penstock.core.values import canonical

GENERATION = "penstock.dev/generation"
_OPEN = ("Running", "Retrying", "Queued")

Pins = Mapping[str, Object]
"""Specs of Components by `name`, or `namespace/name` for those of a catalogue."""


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One kept revision."""

    name: str
    revision: int
    generation: int
    spec: Object
    pins: Pins


def revision_view(obj: Object) -> RevisionView:
    """The view of a ControllerRevision that the operator created."""
    data = obj["data"]
    return RevisionView(
        name=obj["metadata"]["name"],
        revision=obj["revision"],
        generation=int(obj["metadata"]["annotations"][GENERATION]),
        spec=data["spec"],
        pins=data.get("components") or {},
    )


def revision_manifest(pipeline: PipelineView, standing: Standing, pins: Pins) -> dict[str, Any]:
    """The ControllerRevision that records what a Pipeline is from now on."""
    identity = names.short_hash(f"{pipeline.uid}/{standing.revision}/{pipeline.generation}")
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{pipeline.name[:40].rstrip('-')}-{identity}",
            "namespace": pipeline.namespace,
            "labels": {labels.MANAGED_BY: labels.PENSTOCK, labels.PIPELINE: pipeline.name},
            "annotations": {GENERATION: str(pipeline.generation)},
            "ownerReferences": [owner_reference("Pipeline", pipeline.name, pipeline.uid)],
        },
        "revision": standing.revision,
        "data": {"spec": dict(pipeline.spec), **({"components": dict(pins)} if pins else {})},
    }


def kept_pins(pipeline: PipelineView, kept: Sequence[RevisionView]) -> Pins | None:
    """The pins that the Pipeline's present spec has or takes over; None if its Components are to be resolved anew."""
    asked = new_rerun(pipeline) is not None
    newest = sorted(kept, key=lambda one: (one.revision, one.generation), reverse=True)
    for one in newest:
        if (one.generation, one.revision) == (pipeline.generation, pipeline.status.get("revision")):
            return None if asked else one.pins
    if asked:
        return None
    try:
        wanted = canonical(pipeline.spec)
    except ValueError:  # it is nested too deeply to be valid, as what was kept was
        return None
    return next((one.pins for one in newest if canonical(one.spec) == wanted), None)


def superfluous(kept: Sequence[RevisionView], limit: int) -> list[str]:
    """Names of the revisions beyond the limit, which counts past ones; the present one always stays."""
    newest = sorted(kept, key=lambda one: (one.revision, one.generation), reverse=True)
    return [one.name for one in newest[limit + 1 :]]


def pin_name(key: ComponentKey) -> str:
    """Under which name the pins of a Pipeline have a Component."""
    return f"{key[0]}/{key[1]}" if key[0] else key[1]


def component_spec(name: str, written: Object) -> tuple[api.ComponentSpec | None, str]:
    """What a Component says whose spec is written so, or what is wrong with it."""
    whole = {"apiVersion": API_VERSION, "kind": "Component", "metadata": {"name": name}, "spec": written}
    try:
        parsed = parse(whole)
    except InvalidManifest as error:
        return None, str(error)
    assert isinstance(parsed, api.Component)
    return parsed.spec, ""


def edited_since(pipeline: PipelineView) -> int | None:
    """The generation that was taken up last, if the Pipeline has been edited or asked to rerun since; else None."""
    before: int | None = pipeline.status.get("observedGeneration")
    edited = before != pipeline.generation or new_rerun(pipeline)
    return before if edited and pipeline.status.get("revision") else None


def of_generation(kept: Iterable[RevisionView], generation: int) -> RevisionView | None:
    """What a Pipeline was in that generation; of several reruns of it the last."""
    known = [one for one in kept if one.generation == generation]
    return max(known, key=lambda one: one.revision, default=None)


def taken_up_last(pipeline: PipelineView, kept: Iterable[RevisionView]) -> RevisionView | None:
    """What a Pipeline was taken up as last: what runs belongs to that, while the spec is wrong."""
    begun = [one for one in kept if one.revision <= (pipeline.status.get("revision") or 0)]
    return max(begun, key=lambda one: (one.revision, one.generation), default=None)


def edit_waits(
    pipeline: PipelineView, graph: Graph | None, steps: Iterable[StepView], jobs: Mapping[str, Sequence[JobView]]
) -> bool:
    """Whether an edit or a rerun waits for the end of an undo or of `finally`. `graph`: what was taken up last; `jobs`:
    by the uid of their Step.

    A Job tells what has begun before a status does: that of a Step only once it has run for a moment.
    """
    if graph is None:
        return False
    if pipeline.status.get("phase") == "Undoing":
        return True
    finals = {task.id for task in graph.tasks.values() if task.final}
    return any(_winds_up(step, step.task in finals, jobs.get(step.uid, ())) for step in steps)


def _winds_up(step: StepView, final: bool, jobs: Iterable[JobView]) -> bool:
    if final and step.status.get("phase") in _OPEN:
        return True
    live = (job for job in jobs if not (job.finished or job.gone) and (final or job.purpose == UNDO))
    return any(not closed(step.status, job) for job in live)
