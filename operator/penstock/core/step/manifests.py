"""The Step objects that a Pipeline owns, as projections of its graph."""

from dataclasses import dataclass
from typing import Any

from penstock.api.base import API_VERSION, Model
from penstock.api.step import Cache, OnError
from penstock.core import names
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.graph.graph import (
    Derived,
    Evaluated,
    FirstOf,
    FromEach,
    FromOutput,
    Graph,
    Literal,
    Source,
    StatusOf,
    Wired,
    groups_of,
)
from penstock.core.graph.items import taken
from penstock.core.graph.missing import Missing
from penstock.core.graph.world import Node
from penstock.core.pod.marks import child_labels, owner_reference
from penstock.core.seen.views import Object, PipelineView
from penstock.core.values import digest

Manifest = dict[str, Any]

MAX_DEPENDS = 64


def step_spec(graph: Graph, node: Node, min_run: int = 1, rerun: str = "") -> dict[str, Any]:
    """Spec of the Step of a node. `min_run` and `rerun` come from the last rerun asked for."""
    spec = _spec(graph, node)
    if min_run > 1:
        spec["minRun"] = min_run
    if rerun:
        spec["rerun"] = rerun
    return spec


def spec_digest(graph: Graph, node: Node, min_run: int, rerun: str) -> str:
    """Digest of that spec, to compare with the Step that exists."""
    key = ("digest", node.path, node.fingerprint, min_run, rerun)
    known = graph.memo.get(key)
    if known is None:
        known = graph.memo[key] = digest(step_spec(graph, node, min_run, rerun))
    assert isinstance(known, str)
    return known


@dataclass(frozen=True, slots=True)
class NewStep:
    """A Step to create. Its manifest is made when it is written: of thousands, a plan is done with a few hundred."""

    pipeline: PipelineView
    graph: Graph
    node: Node
    rerun: str = ""

    @property
    def name(self) -> str:
        """The name that the object is to have."""
        return names.step_name(self.pipeline.name, self.node.path)

    def manifest(self) -> dict[str, Any]:
        """The object."""
        return {
            "apiVersion": API_VERSION,
            "kind": "Step",
            "metadata": {
                "name": self.name,
                "namespace": self.pipeline.namespace,
                "labels": child_labels(self.pipeline.name, self.node),
                "ownerReferences": [owner_reference("Pipeline", self.pipeline.name, self.pipeline.uid)],
            },
            "spec": step_spec(self.graph, self.node, rerun=self.rerun),
        }


def _spec(graph: Graph, node: Node) -> dict[str, Any]:
    spec = _approval(node) if node.task.work.approval else _container(node)
    spec["inputs"] = [_input(node, wired) for wired in node.task.inputs]
    spec["onError"] = node.task.work.on_error.value if node.task.work.on_error is not OnError.FAIL else None
    producers = dict.fromkeys(name for group in groups_of(node.task) for name in group.tasks)
    spec["dependsOn"] = list(producers)[:MAX_DEPENDS]
    spec["fingerprint"] = node.fingerprint or fingerprint(graph, node.task, node.each)
    return {key: value for key, value in spec.items() if value not in (None, [], {})}


def _approval(node: Node) -> dict[str, Any]:
    approval = node.task.work.approval
    assert approval is not None
    return {"approval": _plain(approval)}


def _container(node: Node) -> dict[str, Any]:
    work = node.task.work
    return {
        "image": work.image,
        "command": list(work.command) if work.command is not None else None,
        "args": list(work.args) if work.args is not None else None,
        "script": work.script,
        "interpreter": list(work.interpreter) if work.script is not None else None,
        "env": [_plain(variable) for variable in work.env],
        "envFrom": [_plain(source) for source in work.env_from],
        "workingDir": work.working_dir,
        "outputs": [_plain(output) for output in work.outputs],
        "resources": _plain(work.resources),
        "retry": _plain(work.retry) if work.retry.model_fields_set else None,
        "timeout": _duration(work.timeout),
        "startTimeout": _duration(work.start_timeout) if work.start_timeout != 600 else None,
        "duration": _duration(work.duration),
        "pod": _plain(work.pod),
        "replicas": work.replicas if work.replicas != 1 else None,
        "cache": work.cache.value if work.cache is not Cache.REUSE else None,
        "undo": _plain(work.undo) if work.undo else None,
    }


def _plain(model: Model) -> Object:
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"


def _input(node: Node, wired: Wired) -> dict[str, Any]:
    found: dict[str, Any] = {"name": wired.name, **_source(node, wired.source)}
    if wired.optional:
        found["optional"] = True
    if wired.has_default:
        found["default"] = wired.default
    return found


def _source(node: Node, source: Source) -> dict[str, Any]:
    match source:
        case Literal(value):
            return {"value": value}
        case FromEach(level) if level < len(node.each):
            value = taken(node.each, source)
            return {"value": None if isinstance(value, Missing) else value}
        case FromOutput(task, output, _):
            return {"from": f"{task}.{output}"}
        case Evaluated(expression, _, _):
            return {"expr": expression.text}
        case StatusOf(group, fact):
            return {"expr": f"steps['{group.name}'].{fact}"}
        case FirstOf(found):
            return {"firstOf": [_path(one) for one in found]}
        case Derived():
            return {"from": _path(source)}
        case Wired():
            return _source(node, source.source)
    return {"value": None}


def _path(source: FromOutput | Derived) -> str:
    """`step.output` of what an input may be made of."""
    return source.name if isinstance(source, Derived) else f"{source.task}.{source.output}"
