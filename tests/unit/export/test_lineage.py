"""Events of OpenLineage: as its schemas want them, the same whenever they are made, and with names that last."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.scenes.scenes import SCENES
from tests.unit.export.conftest import table
from tests.unit.export.lake import due_for, lake, noted
from tests.unit.export.openlineage_classes import wrong
from tests.unit.export.test_rows import told

from penstock.export.events.lineage import event
from penstock.export.schema import engine_of, prepare
from penstock.export.writing import Writer

Event = dict[str, Any]
GOLDEN = Path(__file__).with_name("lineage.json")
CLAIM = {"claimName": "shared"}


def events(engine: Engine) -> list[Event]:
    return [event(due, fact, "north") for due, fact in due_for(engine, "lineage").items()]


def of(found: list[Event], name: str, kind: str) -> Event:
    return next(one for one in found if (one["job"]["name"], one["eventType"]) == (name, kind))


def test_they_are_what_was_agreed(engine: Engine) -> None:
    """Look at what has changed before you write the file anew from what is found."""
    noted(engine, lake())
    assert events(engine) == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"fanout", "large"}))
def test_every_event_is_as_its_schema_wants_it(tmp_path: Path, name: str) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'history.db'}")
    prepare(engine)
    for scene in (SCENES[name](), lake()):
        noted(engine, scene)
    found = events(engine)
    assert found
    assert [line for one in found for line in wrong(one)] == []
    engine.dispose()


def test_what_is_not_as_its_schema_wants_it_is_seen(engine: Engine) -> None:
    noted(engine, lake())
    found = of(events(engine), "nightly.tune", "COMPLETE")
    job_type = found["job"]["facets"]["jobType"]
    for spoiled in (
        {**found, "eventType": "ENDED"},
        {**found, "eventTime": "yesterday"},
        {**found, "extra": 1},
        {**found, "run": {**found["run"], "runId": "1"}},
        {key: value for key, value in found.items() if key != "job"},
        {**found, "outputs": [{**found["outputs"][0], "facets": {"parent": {}}}]},
        {**found, "job": {**found["job"], "facets": {"jobType": {**job_type, "_schemaURL": "elsewhere"}}}},
    ):
        assert wrong(spoiled)


def test_each_run_begins_once_and_ends_once_however_often_it_is_written(engine: Engine) -> None:
    scene = lake()
    noted(engine, scene)
    first = events(engine)
    noted(engine, scene)
    assert events(engine) == first
    counted = Counter((one["run"]["runId"], one["eventType"] == "START") for one in first)
    assert set(counted.values()) == {1}
    began, ended = ({run for run, start in counted if start is wanted} for wanted in (True, False))
    assert began == ended


def test_a_step_is_a_part_of_its_round_and_names_no_tick_and_no_instance(engine: Engine) -> None:
    noted(engine, lake())
    found = events(engine)
    assert {one["job"]["name"] for one in found} == {"nightly", "nightly.prepare", "nightly.tune", "nightly.report"}
    assert {one["job"]["namespace"] for one in found} == {"penstock://north/ml"}
    (round_,) = {one["run"]["runId"] for one in found if one["job"]["name"] == "nightly"}
    parents = {one["run"]["facets"]["parent"]["run"]["runId"] for one in found if one["job"]["name"] != "nightly"}
    assert parents == {round_}
    assert of(found, "nightly", "FAIL")["run"]["facets"]["nominalTime"]["nominalStartTime"] == "2027-01-15T07:00:00Z"


def test_who_reads_names_what_was_written_with_the_version_that_there_was(engine: Engine) -> None:
    noted(engine, lake())
    found = events(engine)
    (written,) = of(found, "nightly.prepare", "COMPLETE")["outputs"]
    (read,) = of(found, "nightly.tune", "START")["inputs"]
    assert (read["namespace"], read["name"]) == (written["namespace"], written["name"])
    assert (read["namespace"], read["name"]) == ("s3://lake", "ml/nightly/prepare.data")
    assert read["facets"] == written["facets"]
    (models,) = of(found, "nightly.report", "FAIL")["inputs"]  # of two instances: one dataset, and of no one version
    assert (models["name"], models["facets"]) == ("ml/nightly/tune.model", {})


def test_on_a_claim_a_dataset_is_of_the_namespace_whatever_the_claim_is_called(engine: Engine) -> None:
    noted(engine, lake(**CLAIM))
    (written,) = of(events(engine), "nightly.prepare", "COMPLETE")["outputs"]
    assert (written["namespace"], written["name"]) == ("penstock://north/ml", "nightly/prepare.data")
    (place,) = written["facets"]["symlinks"]["identifiers"]
    assert (place["namespace"], place["name"].rpartition("/")[2]) == ("pvc://shared", "data")


def test_a_run_that_failed_says_why(engine: Engine) -> None:
    noted(engine, lake())
    said = of(events(engine), "nightly.report", "FAIL")["run"]["facets"]["errorMessage"]["message"]
    assert "out of luck" in said


def test_of_what_nobody_asks_for_nothing_is_noted(engine: Engine) -> None:
    Writer(engine).write(told(lake()))
    assert table(engine, "SELECT * FROM due") == []
