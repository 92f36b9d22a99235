"""What objects tell, as rows: the same object tells the same, and nothing of it depends on when it is read."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Table
from tests.scenes.scenes import SCENES, failing, small, undoing, waiting
from tests.scenes.stage import Scene

from penstock.export import tables
from penstock.export.pipelines import of_pipeline
from penstock.export.rows import Told, between, merged, when, words
from penstock.export.steps import of_step


def told(scene: Scene) -> list[Told]:
    return [*map(of_pipeline, scene.of("Pipeline")), *map(of_step, scene.of("Step"))]


def rows(scene: Scene, table: Table) -> list[dict[str, Any]]:
    return list(merged(row for one in told(scene) for row in one.rows).get(table, {}).values())


def of(scene: Scene, path: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in scene.of("Step") if one["metadata"]["name"] == f"{scene.name}.{path}")
    return found


def test_a_pipeline_is_a_row_with_its_round_and_its_revision() -> None:
    scene = small()
    (pipeline,), (one,) = rows(scene, tables.PIPELINE), rows(scene, tables.ROUND)
    assert (pipeline["namespace"], pipeline["series"], pipeline["phase"]) == ("ml", "digits", "Running")
    assert (one["pipeline"], one["round"], one["planned_seconds"]) == (pipeline["uid"], 1, 870)
    assert [row["revision"] for row in rows(scene, tables.REVISION)] == [1]


def test_attempts_tell_how_each_ended() -> None:
    scene = small()
    train = of(scene, "train")["metadata"]["uid"]
    found = [one for one in rows(scene, tables.ATTEMPT) if one["step"] == train]
    assert [(one["number"], one["reason"], one["exit_code"], one["seconds"]) for one in found] == [
        (1, "OOMKilled", 137, 140),
        (2, None, None, None),
    ]


def test_outputs_that_are_numbers_are_metrics() -> None:
    assert [(one["name"], one["value"]) for one in rows(small(), tables.METRIC)] == [("rows", 1797.0)]


def test_truth_is_no_number() -> None:
    step = deepcopy(of(small(), "prepare"))
    step["status"]["results"][0]["outputs"] = {"ok": True, "share": 0.5, "text": "1"}
    step["status"]["outputs"] = {}
    assert [row.values["name"] for row in of_step(step).rows if row.table is tables.METRIC] == ["share"]


def test_attempts_of_an_undo_are_told_apart_from_those_of_the_run() -> None:
    scene = undoing()
    found = [one for one in rows(scene, tables.ATTEMPT) if one["step"] == of(scene, "route")["metadata"]["uid"]]
    assert sorted((one["run"], one["undo_round"], one["number"]) for one in found) == [(1, 0, 1), (1, 1, 1)]


def test_a_held_result_is_a_run_whatever_the_step_does_now() -> None:
    step = deepcopy(of(small(), "prepare"))
    result = step["status"]["results"][0]
    step["status"] = {"phase": "Pending", "lastRun": 1, "results": [result]}
    (run,) = (row.values for row in of_step(step).rows if row.table is tables.RUN)
    assert (run["run"], run["phase"], run["held"], run["fingerprint"]) == (1, "Succeeded", True, result["fingerprint"])


def test_a_result_that_is_taken_again_is_no_run_of_its_own() -> None:
    step = deepcopy(of(small(), "prepare"))
    status = step["status"]
    step["status"] = {
        **{key: status[key] for key in ("results", "lastRun", "run", "fingerprint")},
        "phase": "Succeeded",
        "reason": "Reused",
        "round": 2,
        "completionTime": "2027-01-16T08:00:00Z",
    }
    (run,) = (row.values for row in of_step(step).rows if row.table is tables.RUN)
    assert run["ended"] == datetime(2027, 1, 15, 8, 0, 31)


def test_artifacts_of_held_results_are_told_with_their_runs() -> None:
    step = deepcopy(of(small(), "prepare"))
    uri = "s3://bucket/penstock/digits-1/prepare-1/1-1/data"
    step["status"]["artifacts"] = step["status"]["results"][0]["artifacts"] = {"data": uri}
    found = [row.values for row in of_step(step).rows if row.table is tables.ARTIFACT]
    assert [(one["run"], one["name"], one["uri"]) for one in found] == [(1, "data", uri)] * 2


def test_digests_are_told_with_what_they_are_of() -> None:
    step = deepcopy(of(small(), "prepare"))
    uri, contents = "s3://bucket/penstock/digits-1/prepare-1/1-1/data", {"sha256": "ab" * 32, "bytes": 2**40}
    made = {"artifacts": {"data": uri, "log": f"{uri}.log"}, "contents": {"data": contents}}
    step["status"]["results"][0].update(made)
    step["status"]["attempts"] = [{"number": 1, "job": "j", "imageID": "registry/train@sha256:1f"}]
    found = [row.values for row in of_step(step).rows if row.table is tables.ARTIFACT]
    assert [(one["name"], one["sha256"], one["bytes"]) for one in found] == [
        ("data", "ab" * 32, 2**40),
        ("log", None, None),
    ]
    assert [row.values["image"] for row in of_step(step).rows if row.table is tables.ATTEMPT] == [
        "registry/train@sha256:1f"
    ]


def test_a_step_that_waits_says_since_when_and_for_what() -> None:
    step = deepcopy(of(waiting(), "train"))
    step["metadata"]["managedFields"] = [
        {"manager": "penstock", "operation": "Update", "time": "2027-01-15T08:05:00Z"},
        {"manager": "penstock", "operation": "Update", "time": "2027-01-15T08:04:56Z", "subresource": "status"},
    ]
    (wait,) = (row.values for row in of_step(step).rows if row.table is tables.WAIT)
    assert wait["since"] == datetime(2027, 1, 15, 8, 4, 56)
    assert wait["reason"] == step["status"]["reason"]
    assert wait["run"] == 1


def test_who_has_ended_waits_for_nothing() -> None:
    scene = failing()
    ended = {one["metadata"]["uid"] for one in scene.of("Step") if "completionTime" in (one.get("status") or {})}
    assert ended
    assert ended.isdisjoint(row["step"] for row in rows(scene, tables.WAIT))


def test_a_tick_is_told_by_the_pipeline_that_was_made_for_it() -> None:
    pipeline = deepcopy(small().of("Pipeline")[0])
    meta = pipeline["metadata"]
    meta["labels"] = {"penstock.dev/schedule": "nightly"}
    meta["annotations"] = {"penstock.dev/scheduled-time": "2027-01-15T08:00:00Z"}
    (tick,) = (row.values for row in of_pipeline(pipeline).rows if row.table is tables.TICK)
    assert (tick["schedule"], tick["time"], tick["pipeline"], tick["backfill"]) == (
        *("nightly", datetime(2027, 1, 15, 8), meta["uid"]),
        False,
    )
    assert next(row.values for row in of_pipeline(pipeline).rows)["series"] == "nightly"


@pytest.mark.parametrize("at", ["tomorrow", "", "2027-13-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_tick_at_no_instant_hides_nothing_of_the_pipeline_that_says_so(at: str) -> None:
    pipeline = deepcopy(small().of("Pipeline")[0])
    pipeline["metadata"]["labels"] = {"penstock.dev/schedule": "nightly"}
    pipeline["metadata"]["annotations"] = {"penstock.dev/scheduled-time": at}
    found = [row.table for row in of_pipeline(pipeline).rows]
    assert tables.PIPELINE in found
    assert tables.TICK not in found


def test_an_approval_is_told_with_who_gave_it() -> None:
    step = deepcopy(of(waiting(), "agree"))
    step["status"]["approval"] = {"by": "ada", "at": "2027-01-15T09:00:00Z", "approved": False}
    (row,) = (row.values for row in of_step(step).rows if row.table is tables.APPROVAL)
    assert (row["decided_by"], row["approved"]) == ("ada", False)


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"fanout", "large"}))
def test_every_row_has_its_key(name: str) -> None:
    scene = SCENES[name]()
    found = [row for one in told(scene) for row in one.rows]
    assert found
    assert all(None not in row.key for row in found)
    assert all(row.values.keys() <= set(row.table.columns.keys()) for row in found)


def test_instants_are_utc_whatever_their_zone() -> None:
    assert when("2027-01-15T09:00:00+01:00") == datetime(2027, 1, 15, 8)
    assert when(None) is None


def test_clocks_that_differ_make_no_time_less_than_none() -> None:
    assert between(datetime(2027, 1, 1, 0, 0, 5), datetime(2027, 1, 1)) == 0
    assert between(None, datetime(2027, 1, 1)) is None


def test_texts_are_such_as_every_database_takes() -> None:
    assert words("a\0b") == "a�b"
