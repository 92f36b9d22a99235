"""What is generated is up to date, fits the API server's limits, and documents every field."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.api.crd import definition
from penstock.api.generate import differences, files
from penstock.api.kinds import KINDS, SCHEDULE, Kind

ROOT = Path(__file__).parents[2]
BOOLEAN_WORDS = {"on", "off", "yes", "no", "y", "n", "true", "false"}


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node of a schema below the root, with its path."""
    for name, child in node.get("properties", {}).items():
        yield f"{path}.{name}", child
        yield from nodes(child, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(child := node.get(key), dict):
            yield f"{path}{mark}", child
            yield from nodes(child, f"{path}{mark}")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each of the four kinds."""
    return request.param


@pytest.fixture
def schema(kind: Kind) -> dict[str, Any]:
    """The schema that the API server enforces for the kind."""
    return definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def test_files_are_as_generated() -> None:
    assert differences(ROOT) == []


def test_generation_is_deterministic() -> None:
    assert files() == files()


def test_a_changed_file_and_a_stray_one_are_found(tmp_path: Path) -> None:
    for name, text in files().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert differences(tmp_path) == []
    (tmp_path / "crds/steps.yaml").write_text("")
    (tmp_path / "crds/old.yaml").write_text("")
    assert differences(tmp_path) == ["crds/old.yaml", "crds/steps.yaml"]


def test_a_definition_is_well_below_what_kubectl_applies(kind: Kind) -> None:
    """kubectl apply keeps the object in an annotation of at most 256 KiB."""
    assert len(json.dumps(definition(kind))) < 160 * 1024
    assert len((ROOT / f"crds/{kind.plural}.yaml").read_bytes()) < 224 * 1024


def test_every_field_is_documented(schema: dict[str, Any]) -> None:
    silent = [
        path
        for path, node in nodes(schema)
        if not path.endswith(("[]", "{}")) and not path.startswith(".metadata") and not node.get("description")
    ]
    assert silent == []


def test_every_field_is_bounded(schema: dict[str, Any]) -> None:
    """CEL costs are estimated from these bounds."""
    unbounded = []
    for path, node in nodes(schema):
        if path.startswith((".metadata", ".kind", ".apiVersion")):
            continue
        kind = node.get("type")
        if kind == "string" and not {"maxLength", "enum"} & node.keys():
            unbounded.append(path)
        if kind == "array" and "maxItems" not in node:
            unbounded.append(path)
        if kind == "object" and "additionalProperties" in node and "maxProperties" not in node:
            unbounded.append(path)
    assert unbounded == []


def test_no_field_is_a_word_that_kubectl_reads_as_a_boolean(schema: dict[str, Any]) -> None:
    assert [path for path, _ in nodes(schema) if path.rpartition(".")[2].lower() in BOOLEAN_WORDS] == []


def test_schemas_are_structural(schema: dict[str, Any]) -> None:
    """Every node has a type or keeps unknown fields, nothing is a reference, defaults are the status's only."""
    for path, node in nodes(schema):
        untyped = {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"} & node.keys()
        assert ("type" in node) != bool(untyped), path
        assert not {"$ref", "anyOf", "allOf", "title", "$defs"} & node.keys(), path
        assert "default" not in node or path == ".status", path
        if node.get("type") == "array":
            assert node["x-kubernetes-list-type"] in ("atomic", "set", "map"), path
        for key in node.get("x-kubernetes-list-map-keys", ()):
            assert key in node["items"]["required"], path


def test_rules_say_what_to_do(schema: dict[str, Any]) -> None:
    rules = [rule for _, node in [("", schema), *nodes(schema)] for rule in node.get("x-kubernetes-validations", ())]
    assert rules or not schema["properties"]["spec"].get("properties")
    assert all(
        rule["message"].strip() and "\n" not in rule["message"] and len(rule["message"]) < 2048 for rule in rules
    )


def test_kubectl_get_shows_what_is_wrong_with_an_object(kind: Kind, schema: dict[str, Any]) -> None:
    if "conditions" not in schema["properties"].get("status", {}).get("properties", {}):
        return
    columns = {one["name"]: one for one in definition(kind)["spec"]["versions"][0]["additionalPrinterColumns"]}
    assert not any(columns[name].get("priority") for name in columns.keys() & {"Status", "Accepted"})
    assert columns.keys() & {"Status", "Accepted"}
    assert "Message" in columns


def test_kubectl_get_shows_instants_that_may_lie_ahead_all_in_one_style(kind: Kind, schema: dict[str, Any]) -> None:
    instants = {path for path, node in nodes(schema) if node.get("format") == "date-time"}
    columns = definition(kind)["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = {one["name"]: one["type"] for one in columns if one["jsonPath"] in instants}
    assert set(shown.values()) <= {"string"}  # a `date` is shown as the time since then
    assert kind != SCHEDULE or shown.keys() == {"Last", "Next"}


def test_columns_and_selectors_point_at_fields(kind: Kind, schema: dict[str, Any]) -> None:
    paths = {path for path, _ in nodes(schema)}
    version = definition(kind)["spec"]["versions"][0]
    for entry in (*version["additionalPrinterColumns"], *version.get("selectableFields", ())):
        path = re.sub(r"\[\?\(@\.(\w+)==.*?\)\]", "[]", entry["jsonPath"])
        if path.startswith((".metadata", ".spec.resources.requests.", ".status.counts.")):
            continue
        assert path in paths
