"""Tracebacks in what is followed, told at the places in their author's file (see `penstock.cluster.sources`)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from penstock.cluster.api import PIPELINES, Object, Resource
from penstock.cluster.sources import Sources, first_failed
from penstock.core.asked.sourcemap import FRAME, SOURCE
from penstock.core.asked.view.heads import Head
from penstock.core.seen.views import PipelineView, StepView


def origin(resource: Resource, obj: Object) -> Object | None:
    """What of a Pipeline, or of a Step that tells of a traceback, has to be kept beside its view; None: nothing."""
    if resource is PIPELINES:
        source = (obj["metadata"].get("annotations") or {}).get(SOURCE)
        return {"metadata": {"annotations": {SOURCE: source}}} if source else None
    spec, undo = obj.get("spec") or {}, (obj.get("spec") or {}).get("undo") or {}
    scripts = {"script": spec.get("script"), "undo": {"script": undo.get("script")}}
    return {"spec": scripts} if any(FRAME in text for text in _texts(obj.get("status") or {})) else None


class Tracebacks:
    """Those of one Pipeline and its Steps."""

    def __init__(self) -> None:
        self._pipeline: Object = {}
        self._sources = Sources({})
        self._steps: dict[str, Object] = {}

    def pipeline(self, found: Object | None) -> bool:
        """Takes in what was kept of the Pipeline; whether it is other than before."""
        if (found or {}) == self._pipeline:
            return False
        self._pipeline = found or {}
        self._sources = Sources(self._pipeline)
        return True

    def step(self, path: str, found: Object | None) -> None:
        """Takes in what was kept of a Step."""
        self._steps.pop(path, None)
        if found:
            self._steps[path] = found

    def told(self, view: StepView) -> StepView:
        """The Step, with its texts told so."""
        kept = self._steps.get(view.path)
        if kept is None or not self._sources:
            return view
        return replace(view, status=self._sources.of_step({**kept, "status": view.status})["status"])

    def told_head(self, head: Head, view: PipelineView) -> Head:
        """The Pipeline in a list, whose message is that of the step that failed first."""
        kept = self._steps.get(first_failed(view.status) or "")
        return replace(head, message=self._sources.text(kept, head.message)) if kept else head


def _texts(status: Mapping[str, Any]) -> Iterator[str]:
    undo = status.get("undo")
    for one in (status, undo if isinstance(undo, Mapping) else {}):
        attempts = one.get("attempts")
        for told in (one, *(attempts if isinstance(attempts, list) else ())):
            if isinstance(told, Mapping) and isinstance(told.get("message"), str):
                yield told["message"]
