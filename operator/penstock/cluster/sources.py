"""Tracebacks of steps that are written in Python, told at the places in their author's file."""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Refused
from penstock.cluster.steps import Object, path_of
from penstock.core import labels
from penstock.core.asked.sourcemap import Origins


class Sources:
    """What a Pipeline's annotation says of where its scripts are from. Without one everything stays as it is."""

    def __init__(self, pipeline: Object) -> None:
        self._origins = Origins(_mapping(_mapping(pipeline.get("metadata")).get("annotations")))

    def __bool__(self) -> bool:
        return bool(self._origins)

    def text(self, step: Object, text: str) -> str:
        """A text that a container of the Step wrote, or that tells of it."""
        spec = _mapping(step.get("spec"))
        scripts = (spec.get("script"), _mapping(spec.get("undo")).get("script"))
        return self._origins.translate(text, [one for one in scripts if isinstance(one, str)])

    def of_step(self, step: Object) -> Object:
        """The Step, with its messages told so."""
        return {**step, "status": self._told(step, step.get("status"))} if self and "status" in step else step

    def of_pipeline(self, pipeline: Object, steps: Iterable[Object]) -> Object:
        """The Pipeline, whose message is that of the step that failed first."""
        failed = _first_failed(pipeline) if self else None
        step = next((one for one in steps if failed and path_of(one) == failed), None)
        return {**pipeline, "status": self._told(step, pipeline.get("status"))} if step else pipeline

    def _told(self, step: Object, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(step, value) if "<string>" in value else value
        if isinstance(value, Mapping):
            return {key: self._told(step, one) for key, one in value.items()}
        return [self._told(step, one) for one in value] if isinstance(value, list) else value


class Told:
    """What containers of a Pipeline in a cluster wrote, told so, by the path of their step."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        try:
            pipeline = cluster.json("GET", PIPELINES.path(cluster.namespace, name))
        except Refused:  # a Step on its own, or one that may not be read: there is nothing to tell
            pipeline = {}
        self._sources = Sources(pipeline)
        self._failed = _first_failed(pipeline)
        selector = f"{labels.PIPELINE}={name}"
        found = cluster.list(STEPS, cluster.namespace, selector) if self._sources else ()
        self._steps = {path_of(one): one for one in found}

    def __call__(self, path: str, text: str) -> str:
        """A text of the step at that path."""
        step = self._steps.get(path)
        return self._sources.text(step, text) if step else text

    def whole(self, text: str) -> str:
        """A text of the Pipeline itself, which is of the step that failed first if one did."""
        return self(self._failed, text) if self._failed else text


def _first_failed(pipeline: Object) -> str | None:
    """The path of the step that made a Pipeline fail."""
    failed = next(iter(_mapping(pipeline.get("status")).get("failedSteps") or ()), None)
    return _mapping(failed).get("name")


def _mapping(value: object) -> Object:
    return value if isinstance(value, Mapping) else {}
