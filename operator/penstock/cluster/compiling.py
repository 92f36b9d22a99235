"""Compiles Pipelines of a cluster as the operator does: an edit may have to wait, and Components are those pinned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from penstock.api import Pipeline
from penstock.api.base import API_VERSION
from penstock.api.component import ComponentSpec
from penstock.api.parse import InvalidManifest, parse
from penstock.cluster.api import Cluster, Object, Refused
from penstock.cluster.components import Existing, Pinned
from penstock.cluster.failure import Failure
from penstock.cluster.revisions import every
from penstock.core.graph.compiler import Compiled, compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import ComponentKey
from penstock.core.pipeline.revisions import (
    Pins,
    RevisionView,
    edit_waits,
    edited_since,
    kept_pins,
    of_generation,
    taken_up_last,
)
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.core.seen.views import JobView, PipelineView, StepView


@dataclass(frozen=True, slots=True)
class Made:
    """A graph, and what it was made of: the spec, and the Components that it asked for, None where there was none."""

    spec: Mapping[str, Any]
    used: Mapping[ComponentKey, ComponentSpec | None]
    compiled: Compiled


class Compiling:
    """Compiles Pipelines with what the user may see. `notes`: what that leaves out.

    `made`: graphs by the uid of their Pipeline, with all that was found out about them; who compiles again gives them
    as `before`, and has the same where nothing has changed.
    """

    def __init__(self, cluster: Cluster, before: Mapping[str, Made] = MappingProxyType({})) -> None:
        self.made: dict[str, Made] = {}
        self._before = before
        self.cluster = cluster
        self.existing = Existing(cluster)
        self.notes: list[str] = []

    def graph(
        self, view: PipelineView, steps: Iterable[StepView], jobs: Mapping[str, Sequence[JobView]]
    ) -> tuple[Compiled, bool]:
        """The graph that holds now, and whether an edit waits behind it."""
        before = edited_since(view)
        pinned = "component" in str(view.spec)  # the word is enough: a request too many does no harm
        invalid = view.status.get("phase") == "Invalid"
        kept = self._kept(view) if pinned or invalid or before is not None else []
        past = of_generation(kept, before) if before is not None else None
        if past is not None:
            old = self.past(view, past)
            if edit_waits(view, old.graph, steps, jobs):
                return old, True
        compiled = self._compile(view, kept_pins(view, kept) or {})
        last = taken_up_last(view, kept) if compiled.problems else None
        if last is not None:
            compiled = Compiled(self.past(view, last).graph, compiled.problems)
        return compiled, False

    def past(self, view: PipelineView, revision: RevisionView) -> Compiled:
        """What the Pipeline was in a revision that is kept, with the Components that it was pinned to."""
        return self._compile(replace(view, spec=revision.spec), revision.pins)

    def _kept(self, view: PipelineView) -> list[RevisionView]:
        if not view.status.get("revision"):
            return []
        try:
            return every(self.cluster, view.namespace, view.name, view.uid)
        except Refused as refused:
            if refused.status != 403:
                raise
            self.notes.append(
                f"you may not list controllerrevisions in namespace {view.namespace}: "
                f"{view.name} is shown with its Components as they are now"
            )
            return []

    def _compile(self, view: PipelineView, pins: Pins) -> Compiled:
        components, known = Pinned(pins, self.existing, view.namespace), self._before.get(view.uid)
        if known and known.spec == view.spec and all(components.get(key) == one for key, one in known.used.items()):
            self.made[view.uid] = known
            return known.compiled
        written = {"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": {"name": view.name}, "spec": view.spec}
        try:
            model = parse(written)
        except InvalidManifest:
            return Compiled(None, ())
        assert isinstance(model, Pipeline)
        compiled = compile_pipeline(model.spec, components)
        if compiled.graph:
            self.made[view.uid] = Made(view.spec, components.used, compiled)
        return compiled


def graph_of(cluster: Cluster, pipeline: Object, steps: Sequence[Object]) -> Graph:
    """The graph of a Pipeline as it is now, whatever edit waits behind it. Raises Failure if there is none."""
    view = pipeline_view(pipeline)
    compiled, _ = Compiling(cluster).graph(view, map(step_view, steps), {})
    if compiled.graph is None:
        raise Failure(f"pipeline {view.name!r} is not valid:\n" + "\n".join(map(str, compiled.problems)))
    return compiled.graph
