"""Edits are generated from the schema: every field that is there is tried, and a number replays them."""

from __future__ import annotations

import json

import pytest
from tests.faults.edits import HISTORICAL, OPAQUE, components, drawn, places, played, schema

FORM = {
    "properties": {
        "new": {"type": "integer"},
        "cancel": {"type": "boolean"},
        "steps": {"type": "array", "items": {"properties": {"forEach": {"properties": {"vars": {"type": "array"}}}}}},
    }
}


def test_a_field_that_nobody_knows_is_found_in_the_schema() -> None:
    found = {path for path, _ in places({"steps": [{}, {"forEach": {}}]}, FORM)}
    assert found == {
        ("new",),
        ("steps",),
        ("steps", 0, "forEach"),
        ("steps", 1, "forEach"),
        ("steps", 1, "forEach", "vars"),
    }


def test_the_definition_has_what_is_left_out() -> None:
    form = schema()
    names = {*form["properties"], *form["properties"]["steps"]["items"]["properties"]}
    assert names >= HISTORICAL | OPAQUE


def test_scripts_are_played_by_the_kubelet() -> None:
    found = played({"steps": [{"script": "flaky"}, {"approval": {"message": "?"}}]})
    assert json.loads(found["steps"][0]["script"])["fails"] == 1
    assert "approval" not in found["steps"][1]
    assert {one["metadata"]["name"] for one in components()} == {"leaf", "pair"}
    assert all(json.loads(one["spec"].get("script", "{}")) is not None for one in components())


@pytest.mark.parametrize("number", [1, 2])
def test_a_number_replays_the_edits(number: int) -> None:
    found = drawn(number, 0)
    assert found == drawn(number, 0) != drawn(number, 1)
    assert all(1 < len(specs) <= 6 for specs, _ in found)
