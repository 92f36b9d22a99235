"""The CustomResourceDefinitions of the four kinds, from their models."""

from dataclasses import dataclass
from typing import Any

from penstock.api.base import GROUP, VERSION, Model
from penstock.api.component import Component
from penstock.api.kinds import COMPONENT, KINDS, PIPELINE, SCHEDULE, STEP, Kind
from penstock.api.pipeline import Pipeline
from penstock.api.schedule import PipelineSchedule
from penstock.api.schema import Schema, structural
from penstock.api.step import Step

MODELS: dict[Kind, type[Model]] = {
    PIPELINE: Pipeline,
    STEP: Step,
    COMPONENT: Component,
    SCHEDULE: PipelineSchedule,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`; `wide` ones show with `-o wide` only."""

    name: str
    path: str
    description: str
    type: str = "string"
    wide: bool = False

    def to_json(self) -> dict[str, Any]:
        """The column as the API server takes it."""
        column = {"name": self.name, "type": self.type, "description": self.description, "jsonPath": self.path}
        return column | ({"priority": 1} if self.wide else {})


_AGE = Column("Age", ".metadata.creationTimestamp", "Time since it was created.", "date")
_MESSAGE = Column("Message", ".status.message", "Why, as a sentence.", wide=True)
_ACCEPTED = ".status.conditions[?(@.type=='Accepted')]"

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    PIPELINE: (
        Column("Status", ".status.phase", "Where the Pipeline is in its life."),
        Column("Progress", ".status.progress", "Ended steps of all known steps."),
        Column("Running", ".status.counts.Running", "Steps that run now.", "integer"),
        Column("Queued", ".status.counts.Queued", "Steps that are ready and wait for room.", "integer"),
        Column("Reason", ".status.reason", "Why, as one word."),
        Column("Duration", ".status.duration", "Time from start to end, once it has ended."),
        _AGE,
        _MESSAGE,
        Column("ETA", ".status.eta", "Estimated end.", wide=True),
        Column("Critical path", ".status.criticalPath", "The chain of steps that decides the end.", wide=True),
        Column(
            "GPU seconds",
            ".status.usage[?(@.resource=='nvidia.com/gpu')].reservedSeconds",
            "Seconds for which nvidia.com/gpu was held, times the amount.",
            "integer",
            wide=True,
        ),
    ),
    STEP: (
        Column("Status", ".status.phase", "Where the Step is in its life."),
        Column("Pipeline", r".metadata.labels.penstock\.dev/pipeline", "Pipeline that the Step belongs to."),
        Column("Attempt", ".status.attempt", "Number of the latest attempt.", "integer"),
        Column("CPU", ".spec.resources.requests.cpu", "Requested CPU."),
        Column("GPU", r".spec.resources.requests.nvidia\.com/gpu", "Requested GPUs."),
        Column("Reason", ".status.reason", "Why, as one word."),
        _AGE,
        Column("Job", ".status.job", "Job of the latest attempt.", wide=True),
        Column("Node", ".status.node", "Node of the latest attempt.", wide=True),
        _MESSAGE,
    ),
    COMPONENT: (
        Column("Version", ".spec.version", "Version of the Component, for people."),
        Column("Description", ".spec.description", "What it does.", wide=True),
        _AGE,
    ),
    SCHEDULE: (
        Column("Schedule", ".spec.schedule", "Cron line."),
        Column("Timezone", ".spec.timeZone", "Time zone of the cron line."),
        Column("Accepted", f"{_ACCEPTED}.status", "Whether it is valid; if not, it creates nothing."),
        Column("Suspend", ".spec.suspend", "Whether new ticks are held back.", "boolean"),
        Column("Active", ".status.active", "Pipelines that have not ended.", "integer"),
        Column("Last", ".status.lastScheduleTime", "The last tick."),
        Column("Next", ".status.nextScheduleTime", "The next tick."),
        _AGE,
        Column("Message", f"{_ACCEPTED}.message", "What is wrong with it.", wide=True),
    ),
}

SELECTABLE: dict[Kind, tuple[str, ...]] = {
    PIPELINE: (".status.phase", ".status.reason"),
    STEP: (".status.phase", ".status.reason"),
    COMPONENT: (),
    SCHEDULE: (".spec.suspend",),
}
"""Fields for `kubectl get --field-selector` (KEP-4358)."""


def schema(kind: Kind) -> Schema:
    """The structural schema of a kind. A status begins as Pending without a write."""
    root = dict(structural(MODELS[kind]))
    properties = dict(root["properties"])
    properties["apiVersion"] = {"description": f"Version of this format: {GROUP}/{VERSION}.", "type": "string"}
    properties["kind"] = {"description": f"Kind of the object: {kind.name}.", "type": "string"}
    properties["metadata"] = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 253}}}
    if kind == STEP:
        properties["spec"] = _written_as_a_whole(properties["spec"])
    if "phase" in properties.get("status", {}).get("properties", {}):
        properties["status"] = {**properties["status"], "default": {"phase": "Pending"}}
    return {**root, "required": ["spec"], "properties": properties}


def _written_as_a_whole(node: Schema) -> Schema:
    """The schema with every list atomic: the operator alone writes Steps, and managedFields per item would double them.

    That names are unique is then up to the models.
    """
    out = {key: value for key, value in node.items() if key != "x-kubernetes-list-map-keys"}
    if "x-kubernetes-list-type" in out:
        out["x-kubernetes-list-type"] = "atomic"
    for key in ("items", "additionalProperties"):
        if isinstance(child := out.get(key), dict):
            out[key] = _written_as_a_whole(child)
    if "properties" in out:
        out["properties"] = {name: _written_as_a_whole(child) for name, child in out["properties"].items()}
    return out


def definition(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    version: dict[str, Any] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [column.to_json() for column in COLUMNS[kind]],
        "schema": {"openAPIV3Schema": schema(kind)},
    }
    if SELECTABLE[kind]:
        version["selectableFields"] = [{"jsonPath": path} for path in SELECTABLE[kind]]
    if "status" in version["schema"]["openAPIV3Schema"]["properties"]:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.singular,
                "shortNames": [kind.short],
                "categories": ["penstock"],
            },
            "versions": [version],
        },
    }


def definitions() -> dict[Kind, dict[str, Any]]:
    """All four definitions."""
    return {kind: definition(kind) for kind in KINDS}
