"""Rows in a database: writing twice is writing once, in whatever pieces, on every kind of database."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import Engine, select
from tests.scenes.scenes import SCENES, small, waiting
from tests.unit.export.conftest import table
from tests.unit.export.test_rows import of, told

from penstock.export import tables
from penstock.export.rows import merged
from penstock.export.steps import of_step
from penstock.export.tables import METADATA, SCHEMA
from penstock.export.writing import Writer


def content(engine: Engine) -> dict[str, list[Any]]:
    """All that is in a database."""
    with engine.connect() as connection:
        return {
            one.name: sorted((tuple(row) for row in connection.execute(select(one))), key=repr)
            for one in METADATA.sorted_tables
            if one is not SCHEMA
        }


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"fanout", "large"}))
def test_what_is_written_is_what_was_told_however_often_and_in_what_order(engine: Engine, name: str) -> None:
    found, writer = told(SCENES[name]()), Writer(engine)
    expected = {
        one.name: sorted((tuple(values.values()) for values in rows.values()), key=repr)
        for one, rows in merged(row for each in found for row in each.rows).items()
    }
    writer.write(found)
    assert {key: rows for key, rows in content(engine).items() if rows} == expected
    shuffled = random.Random(7).sample(found, len(found))
    for at in range(0, len(shuffled), 3):
        writer.write(shuffled[at : at + 3])
    assert {key: rows for key, rows in content(engine).items() if rows} == expected


def test_an_object_that_forgets_does_not_unsay_what_it_told(engine: Engine) -> None:
    writer, step = Writer(engine), of(small(), "prepare")
    writer.write([of_step(step)])
    before = content(engine)["run"]
    later = deepcopy(step)
    status = later["status"]
    later["status"] = {"phase": "Running", "run": 2, "results": status["results"], "startTime": "2027-01-15T09:00:00Z"}
    writer.write([of_step(later)])
    assert content(engine)["run"][0] == before[0]
    assert table(engine, "SELECT run, phase FROM run ORDER BY run") == [(1, "Succeeded"), (2, "Running")]


def test_a_result_that_is_dropped_is_held_no_more(engine: Engine) -> None:
    writer, step = Writer(engine), of(small(), "prepare")
    writer.write([of_step(step)])
    later = deepcopy(step)
    later["status"] = {"phase": "Pending", "lastRun": 1}
    writer.write([of_step(later)])
    assert table(engine, "SELECT held, phase FROM run") == [(False, "Succeeded")]


def test_a_result_that_is_dropped_is_held_no_more_also_if_that_comes_together(engine: Engine) -> None:
    step, writer = of(small(), "prepare"), Writer(engine)
    later = deepcopy(step)
    later["status"]["run"] = later["status"]["lastRun"] = later["status"]["results"][0]["run"] = 2
    writer.write([of_step(step), of_step(later)])
    assert table(engine, "SELECT run, held FROM run ORDER BY run") == [(1, False), (2, True)]


def test_whoever_is_in_no_list_is_gone_but_not_forgotten(engine: Engine) -> None:
    writer = Writer(engine)
    writer.write(told(small()))
    assert writer.keep_only(tables.STEP, ["uid-7"], "another") == 0
    assert writer.keep_only(tables.STEP, ["uid-7"], "ml") == 4
    assert writer.keep_only(tables.STEP, ["uid-7"], None) == 0
    assert table(engine, "SELECT uid FROM step WHERE NOT gone") == [("uid-7",)]


def waits(step: dict[str, Any], reason: str, at: str, **status: Any) -> dict[str, Any]:
    found = deepcopy(step)
    found["metadata"]["managedFields"] = [{"subresource": "status", "time": f"2027-01-15T{at}Z"}]
    found["status"] = {"phase": "Pending", "reason": reason, **status}
    return found


def test_waits_follow_one_another_and_end_when_the_run_begins(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    begun = {"phase": "Running", "run": 1, "startTime": "2027-01-15T09:00:40Z"}
    seen = [
        waits(step, "InsufficientResources", "09:00:00"),
        waits(step, "QuotaExceeded", "09:00:30"),
        waits(step, "Running", "09:00:42", **begun),
    ]
    expected = [("InsufficientResources", 30), ("QuotaExceeded", 10)]
    for one in seen:
        writer.write([of_step(one)])
    assert table(engine, "SELECT reason, seconds FROM wait ORDER BY since") == expected
    writer.write([of_step(one) for one in seen])  # all over again, and all at once
    assert table(engine, "SELECT reason, seconds FROM wait ORDER BY since") == expected
    assert table(engine, "SELECT reason, waits, seconds FROM v_waits_by_reason ORDER BY reason") == [
        ("InsufficientResources", 1, 30.0),
        ("QuotaExceeded", 1, 10.0),
    ]


def test_what_happened_while_nobody_looked_is_a_wait_for_what_was_seen_last(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    writer.write([of_step(waits(step, "InsufficientResources", "09:00:00"))])
    assert table(engine, "SELECT seconds FROM wait") == [(None,)]
    ended = {
        "phase": "Succeeded",
        "run": 1,
        "startTime": "2027-01-15T09:05:00Z",
        "completionTime": "2027-01-15T09:09:00Z",
    }
    writer.write([of_step(waits(step, "Completed", "09:09:00", **ended))])
    assert table(engine, "SELECT reason, seconds FROM wait") == [("InsufficientResources", 300)]


def test_what_a_step_says_no_more_is_gone_also_if_it_comes_together(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    waiting_now = waits(step, "InsufficientResources", "09:00:00", message="waits for 2 GPUs")
    begun = deepcopy(waiting_now)
    begun["status"] = {"phase": "Running", "run": 1, "startTime": "2027-01-15T09:00:40Z"}
    writer.write([of_step(waiting_now), of_step(begun)])
    assert table(engine, "SELECT phase, reason, message FROM step") == [("Running", None, None)]


def test_a_wait_that_begins_in_the_second_in_which_another_ended_is_not_over(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    seen = [
        waits(step, "InsufficientResources", "09:00:00"),
        waits(step, "", "09:00:00", phase="Running", run=1, startTime="2027-01-15T09:00:00Z"),
        waits(step, "QuotaExceeded", "09:00:00", phase="Retrying", run=1),
    ]
    writer.write([of_step(one) for one in seen])
    assert table(engine, "SELECT reason, until, seconds FROM wait") == [("QuotaExceeded", None, None)]


def test_a_model_is_told_with_its_digest(engine: Engine) -> None:
    step = deepcopy(of(small(), "prepare"))
    made = {"artifacts": {"model": "s3://b/m"}, "contents": {"model": {"sha256": "ab" * 32, "bytes": 2**40}}}
    step["status"].update(made)
    step["status"]["results"][0].update(made)
    Writer(engine).write([of_step(step)])
    assert table(engine, "SELECT uri, sha256, bytes, held FROM v_models") == [("s3://b/m", "ab" * 32, 2**40, True)]


def test_a_wait_that_ends_with_its_step_is_no_wait_of_no_time(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    seen = waits(step, "InsufficientResources", "09:00:00")
    writer.write([of_step(seen), of_step(seen, gone=True)])  # nobody knows when it was deleted
    assert table(engine, "SELECT seconds FROM wait") == [(None,)]
    assert table(engine, "SELECT * FROM v_waits_by_reason") == []
    seen["metadata"]["deletionTimestamp"] = "2027-01-15T10:00:00Z"
    writer.write([of_step(seen, gone=True)])
    assert table(engine, "SELECT seconds FROM wait") == [(3600,)]


def test_no_wait_is_left_open_by_a_clock_that_was_set_back(engine: Engine) -> None:
    step, writer = of(waiting(), "train"), Writer(engine)
    begun = {"phase": "Running", "run": 1, "startTime": "2027-01-15T08:00:40Z"}
    seen = [
        waits(step, "InsufficientResources", "09:00:00"),
        waits(step, "QuotaExceeded", "08:00:00"),
        waits(step, "Running", "08:00:42", **begun),
    ]
    for one in seen:
        writer.write([of_step(one)])
    expected = [("QuotaExceeded", 40), ("InsufficientResources", 0)]
    assert table(engine, "SELECT reason, seconds FROM wait ORDER BY since") == expected
    assert table(engine, "SELECT since FROM wait WHERE until < since") == []


def test_who_is_behind_another_exporter_leaves_no_wait_open(engine: Engine) -> None:
    step = of(waiting(), "train")
    seen = [waits(step, "InsufficientResources", "09:00:00"), waits(step, "QuotaExceeded", "09:00:30")]
    for one in (*seen, *seen):
        Writer(engine).write([of_step(one)])
    expected = [("InsufficientResources", 30), ("QuotaExceeded", None)]
    assert table(engine, "SELECT reason, seconds FROM wait ORDER BY since") == expected
