"""What the operator writes is what the API server stores: no field of a Step or a status is unknown to the schemas."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.properties.model import Cluster

from penstock import api
from penstock.api.manifests import load
from penstock.api.parse import parse

CASES = Path(__file__).parents[1] / "e2e/cases"
EXAMPLES = {
    "String": "a",
    "Integer": 1,
    "Number": 0.95,
    "Boolean": True,
    "List": ["a", {"b": [None]}],
    "Object": {"a": None},
}


class Recorder(Cluster):
    """Keeps every Step and Pipeline as it was after each write to it."""

    def __init__(self) -> None:
        super().__init__(self.answer)
        self.attempts: dict[str, int] = {}
        self.written: list[dict[str, Any]] = []

    def answer(self, job: Mapping[str, Any], env: Mapping[str, str]) -> tuple[int, str]:
        """A container that gives what its Step declares; `bad` and `hopeless` fail, `hungry` does at first."""
        name = job["metadata"]["ownerReferences"][0]["name"]
        self.attempts[name] = self.attempts.get(name, 0) + 1
        step = name.partition(".")[2]
        if step in ("bad", "hopeless"):
            return 3, "disk on fire"
        if step == "hungry" and self.attempts[name] == 1:
            return 137, ""
        outputs = self.objects["Step", name]["spec"].get("outputs", ())
        return 0, json.dumps({o["name"]: EXAMPLES[o["type"]] for o in outputs if o["type"] != "Artifact"})

    def changed(self, obj: dict[str, Any]) -> None:
        super().changed(obj)
        self.record(obj)

    def create(self, obj: dict[str, Any]) -> dict[str, Any] | None:
        created = super().create(obj)
        if created is not None:
            self.record(created)
        return created

    def record(self, obj: dict[str, Any]) -> None:
        """Remembers the object as it is now, if it is one of ours."""
        if obj["kind"] in ("Step", "Pipeline"):
            self.written.append(json.loads(json.dumps(obj)))


@pytest.mark.parametrize(
    "name",
    [
        "01-values",
        "02-branches",
        "03-fanout",
        "04-artifacts",
        "05-retry",
        "06-failure",
        "08-components",
        "09-gpu",
        "12-edit-a",
    ],
)
def test_every_write_is_valid(name: str) -> None:
    documents = list(load((CASES / f"{name}.yaml").read_text()))
    (pipeline,) = (document for document in documents if document["kind"] == "Pipeline")
    cluster = Recorder()
    for document in documents:
        if document["kind"] == "Component":
            cluster.components[None, document["metadata"]["name"]] = api.ComponentSpec.model_validate(document["spec"])
    cluster.apply(pipeline)
    assert cluster.run()["phase"] in ("Succeeded", "Failed")
    assert {obj["kind"] for obj in cluster.written} == {"Pipeline", "Step"}
    for obj in cluster.written:
        parse(obj)
