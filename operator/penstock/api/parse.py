"""From a manifest to a model, with every problem at its path: the checks that need nothing but the object itself.

The manifest is first read as the API server stores it: 1.0 becomes 1, whole numbers beyond 64 bits become floats,
null fields that cannot be null are left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from penstock.api.base import API_VERSION, Json, Model
from penstock.api.complaints import clip, closest, complaint, described
from penstock.api.component import Component
from penstock.api.crd import MODELS, schema
from penstock.api.kinds import KINDS
from penstock.api.pipeline import Pipeline
from penstock.api.plain import DEEPEST, TOO_DEEP, letters, number
from penstock.api.schedule import PipelineSchedule
from penstock.api.schema import ANY_JSON, Schema
from penstock.api.step import Step

Manifest = Pipeline | Step | Component | PipelineSchedule
Problem = tuple[str, str]
"""Path, such as `spec.steps[3].inputs[0].from`, and message."""

_MOST_NODES = 500_000
_BY_NAME = {kind.name: kind for kind in KINDS}


class InvalidManifest(ValueError):
    """A manifest that is no valid object; `problems` holds all that is wrong with it, at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{path}: {message}" if path else message for path, message in problems))
        self.problems = problems


def parse(manifest: object) -> Manifest:
    """The model of a manifest, as loaded from YAML or JSON, of any of the four kinds.

    Raises InvalidManifest with all problems that the object by itself shows.
    """
    if not isinstance(manifest, Mapping):
        problem = f"a manifest is an object with apiVersion, kind and spec, not {described(manifest)}"
        raise InvalidManifest((("", problem),))
    name = manifest.get("kind")
    kind = _BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None or manifest.get("apiVersion") != API_VERSION:
        raise InvalidManifest(tuple(_foreign(manifest)))
    problems: list[Problem] = []
    stored = _Stored(problems)
    document = stored.read(manifest, schema(kind), "")
    problems += _metadata_problems(document.get("metadata"))
    if stored.unreadable:
        raise InvalidManifest(tuple(problems))
    model: Model | None = None
    try:
        model = MODELS[kind].model_validate_json(orjson.dumps(document), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        problems = [*_problems(found, schema(kind)), *problems]
    if problems or model is None:
        raise InvalidManifest(tuple(problems))
    return model  # type: ignore[return-value]


def prepare() -> None:
    """Makes what `parse` else makes when it meets the first object of a kind: 0.3 s for all of them."""
    for kind in MODELS:
        schema(kind)  # with it, pydantic builds the model


def _foreign(manifest: Mapping[str, Json]) -> Iterator[Problem]:
    if manifest.get("apiVersion") != API_VERSION:
        yield "apiVersion", f"must be {API_VERSION}, not {clip(manifest.get('apiVersion'))}"
    name = manifest.get("kind")
    if not isinstance(name, str) or name not in _BY_NAME:
        hint = closest(name, _BY_NAME) if isinstance(name, str) else ""
        yield "kind", f"must be one of {', '.join(_BY_NAME)}, not {clip(name)}{hint}"


def _metadata_problems(metadata: Json) -> Iterator[Problem]:
    if not isinstance(metadata, dict):
        return
    if not any(isinstance(metadata.get(key), str) and metadata[key] for key in ("name", "generateName")):
        yield "metadata.name", "required field is missing or is not text"
    for key in ("labels", "annotations"):
        entries = metadata.get(key) or {}
        if not isinstance(entries, dict):
            yield f"metadata.{key}", f"must be an object, not {described(entries)}"
            continue
        for name, value in entries.items():
            if not isinstance(value, str):
                yield join(f"metadata.{key}", name), f"must be text, not {described(value)}; put it in quotes"


class _Stored:
    """Reads a loaded document into what the API server would store of it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.unreadable = False
        self.nodes = 0

    def read(self, value: object, node: Schema, path: str, within: str | None = None, level: int = 0) -> Json:
        """`within`: path of the plain JSON value that this is a part of, `level` lists and objects below its top."""
        if within is None and node.get("x-kubernetes-preserve-unknown-fields"):
            within = path
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            if self.nodes == _MOST_NODES + 1:
                self._refuse(path, f"the manifest has more than {_MOST_NODES:,} values up to here; make it smaller")
            return None
        if isinstance(value, Mapping | list | tuple):
            if level == DEEPEST and within is not None:
                self._refuse(within, TOO_DEEP)
                return None
            below = 0 if within is None else level + 1
            if isinstance(value, Mapping):
                return self._read_object(value, node, path, within, below)
            items = node.get("items", ANY_JSON)
            return [self.read(item, items, f"{path}[{index}]", within, below) for index, item in enumerate(value)]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._read_number(path, value)
        if isinstance(value, str):
            return self._read_text(path, value)
        self.problems.append((path, f"a {type(value).__name__} is no JSON value; put it in quotes"))
        return str(value)

    def _read_object(
        self, value: Mapping[Any, Any], node: Schema, path: str, within: str | None, level: int
    ) -> dict[str, Json]:
        out = {}
        properties, rest = node.get("properties", {}), node.get("additionalProperties", ANY_JSON)
        for key, child in value.items():
            name = str(key).lower() if isinstance(key, bool) else str(key)
            child_node = properties.get(name, rest)
            if child is None and not child_node.get("nullable"):
                continue
            out[self._read_text(path, name)] = self.read(child, child_node, join(path, name), within, level)
        return out

    def _read_number(self, path: str, value: int | float) -> int | float:
        try:
            return number(value)
        except ValueError as error:
            self.problems.append((path, str(error)))
            return 0

    def _read_text(self, path: str, value: str) -> str:
        if "\0" in value and path.startswith("spec"):
            position = value.index("\0")
            self.problems.append((path, f"contains a NUL character at position {position}; remove it"))
        try:
            return letters(value)
        except ValueError as error:
            self._refuse(path, str(error))
            return ""

    def _refuse(self, path: str, message: str) -> None:
        if (path, message) not in self.problems:
            self.problems.append((path, message))
        self.unreadable = True


def join(path: str, part: str | int) -> str:
    """The path one level deeper: `.field`, `[index]`, or `[key]` where a key is no plain field name."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    if part.isidentifier():
        return f"{path}.{part}" if path else part
    return f"{path}[{part}]"


def _problems(errors: list[ErrorDetails], root: Schema) -> Iterator[Problem]:
    for error in errors:
        path, node = "", root
        location = [part for part in error["loc"] if part != "[key]"]
        for part in location[:-1] if error["type"] == "extra_forbidden" else location:
            path = join(path, part)
            node = node.get("items", {}) if isinstance(part, int) else _child(node, part)
        if error["type"] == "rule":
            for at, message in error["ctx"]["problems"]:
                yield f"{path}{at}" if at.startswith("[") else ".".join(filter(None, (path, at))), message
        elif error["type"] == "extra_forbidden":
            name = str(location[-1])
            yield join(path, name), f"unknown field{closest(name, node.get('properties', {}))}"
        else:
            yield path, complaint(error, node)


def _child(node: Schema, name: str) -> Schema:
    child: Schema = node.get("properties", {}).get(name) or node.get("additionalProperties") or {}
    return child
