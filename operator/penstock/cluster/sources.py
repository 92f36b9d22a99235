"""Tracebacks of steps that are written in Python, told at the places in their author's file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Refused, Resource
from penstock.cluster.reading import Reading, whole_lines
from penstock.cluster.steps import Object, path_of
from penstock.core import labels
from penstock.core.asked.sourcemap import FRAME, Origins
from penstock.core.names import step_name


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
        return _told(step, partial(self.text, step)) if self else step

    def of_pipeline(self, pipeline: Object, steps: Iterable[Object]) -> Object:
        """The Pipeline, whose message is that of the step that failed first."""
        failed = first_failed(pipeline.get("status")) if self else None
        step = next((one for one in steps if failed and path_of(one) == failed), None)
        return _told(pipeline, partial(self.text, step)) if step else pipeline


class Told:
    """What containers of a Pipeline in a cluster wrote, told so, by the path of their step."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        pipeline = _read(cluster, PIPELINES, name)
        self._sources = Sources(pipeline)
        self._failed = first_failed(pipeline.get("status"))
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


class ToldStep:
    """What containers of one step of a Pipeline in a cluster wrote, told so.

    The Pipeline and its Step are asked for once a text has a frame, which raises Failure if the API server cannot be
    asked. To who may not read both, texts are told as they are.
    """

    def __init__(self, cluster: Cluster, name: str, path: str) -> None:
        self._cluster = cluster
        self._name = name
        self._step = step_name(name, path)

    def __call__(self, text: str) -> str:
        """A text."""
        return self._tell(text) if FRAME in text else text

    def lines(self, some: bytes) -> bytes:
        """Whole lines of a log, as many as before, and what is no UTF-8 in them as it is."""
        if FRAME.encode() not in some:
            return some
        return self(some.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def messages(self, step: Object) -> Object:
        """The Step, with its messages told so."""
        return _told(step, self)

    @cached_property
    def _tell(self) -> Callable[[str], str]:
        sources = Sources(_read(self._cluster, PIPELINES, self._name))
        return partial(sources.text, _read(self._cluster, STEPS, self._step) if sources else {})


class ToldLog:
    """A log while it is read, told so line by line."""

    def __init__(self, reading: Reading, told: ToldStep) -> None:
        self._reading = reading
        self._told = told

    def chunks(self) -> Iterator[bytes]:
        """What comes in, a line once it has ended unless it is long. Raises Failure."""
        return map(self._told.lines, whole_lines(self._reading.chunks()))

    def close(self) -> None:
        """Ends it, from another thread too while that waits for more."""
        self._reading.close()


def first_failed(status: object) -> str | None:
    """The path of the step that made a Pipeline fail, by the Pipeline's status."""
    failed = next(iter(_mapping(status).get("failedSteps") or ()), None)
    return _mapping(failed).get("name")


def _told(one: Object, tell: Callable[[str], str]) -> Object:
    """The object, with the texts of its status told so."""
    return {**one, "status": _each(one["status"], tell)} if "status" in one else one


def _each(value: Any, tell: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return tell(value) if FRAME in value else value
    if isinstance(value, Mapping):
        return {key: _each(one, tell) for key, one in value.items()}
    return [_each(one, tell) for one in value] if isinstance(value, list) else value


def _read(cluster: Cluster, resource: Resource, name: str) -> Object:
    try:
        return cluster.json("GET", resource.path(cluster.namespace, name))
    except Refused:  # there is none, such as of a Step on its own, or it may not be read: there is nothing to tell
        return {}


def _mapping(value: object) -> Object:
    return value if isinstance(value, Mapping) else {}
