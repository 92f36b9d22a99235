"""A later version may add fields with a default to any model: what was written before keeps its fingerprint."""

import typing
from copy import copy
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Any

from pydantic import create_model
from tests.unit.builders import spec, step

from penstock import api
from penstock.api.base import Model
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.fingerprint import fingerprint

WRITTEN = spec(
    step(
        "a",
        env=[
            {"name": "A", "value": "a"},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": False}}},
        ],
        envFrom=[{"prefix": "S_", "secretRef": {"name": "s"}}, {"configMapRef": {"name": "c", "optional": True}}],
        inputs={"i": 1},
        outputs={"n": "Integer", "file": "Artifact"},
        retry={"limit": 2, "backoff": {"initial": "1s"}},
        undo={"script": "back", "env": [{"name": "A", "value": "a"}]},
        pod={
            "volumes": [
                {"name": "c", "configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
                {"name": "s", "secret": {"secretName": "s"}},
                {"name": "e", "emptyDir": {}},
                {"name": "p", "persistentVolumeClaim": {"claimName": "p", "readOnly": True}},
                {"name": "o", "image": {"reference": "i"}},
            ],
            "volumeMounts": [{"name": "e", "mountPath": "/e"}],
            "tolerations": [{"operator": "Exists"}],
        },
    ),
    storage={"claimName": "c"},
)
"""A step with every kind of object that a step may hold, each with something left open."""

FINGERPRINT = "68e1dda96343427067c5cf621af1c290"
"""What the first version made of it."""


@cache
def later(model: type[Model]) -> type[Model]:
    """The model as a later version may have it: it, and all that it consists of, with one field more."""
    fields: dict[str, Any] = {name: (_later(one.annotation), copy(one)) for name, one in model.model_fields.items()}
    return create_model(model.__name__, __base__=model, newcomer=(str, "usual"), **fields)


def _later(annotation: Any) -> Any:
    """The annotation with the later models in place of the models."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return later(annotation)
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (None, typing.Literal):
        return annotation
    if origin is typing.Annotated:
        return typing.Annotated[(_later(inner[0]), *inner[1:])]
    made = tuple(map(_later, inner))
    return reduce(or_, made) if origin in (typing.Union, UnionType) else origin[made]


def made(model: type[Any], written: Any = WRITTEN) -> str:
    """The fingerprint of the step, read by that model of a Pipeline's spec."""
    found = compile_pipeline(model.model_validate(written), {})
    assert found.graph is not None, found.problems
    return fingerprint(found.graph, found.graph.tasks["a"])


def with_newcomer(word: str) -> Any:
    """The same, with something in the new field of one of the innermost objects."""
    (one,) = WRITTEN["steps"]
    volumes = [
        {**volume, "emptyDir": {"newcomer": word}} if "emptyDir" in volume else volume
        for volume in one["pod"]["volumes"]
    ]
    return {**WRITTEN, "steps": [{**one, "pod": {**one["pod"], "volumes": volumes}}]}


def test_every_object_has_a_field_more() -> None:
    read = later(api.PipelineSpec).model_validate(WRITTEN).model_dump(exclude_none=True)

    def objects(node: Any) -> typing.Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            yield node
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from objects(child)

    assert [one for one in objects(read) if one.get("newcomer") != "usual"] == []


def test_a_new_field_with_a_default_runs_nothing_again() -> None:
    assert made(api.PipelineSpec) == FINGERPRINT
    assert made(later(api.PipelineSpec)) == FINGERPRINT


def test_to_write_the_default_is_no_change_and_anything_else_is_one() -> None:
    assert made(later(api.PipelineSpec), with_newcomer("usual")) == FINGERPRINT
    assert made(later(api.PipelineSpec), with_newcomer("other")) != FINGERPRINT
