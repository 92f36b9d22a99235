"""One object whose rows the database refuses: it is set aside by name, and all others are written."""

from __future__ import annotations

import threading
from copy import deepcopy
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError
from tests.scenes.scenes import small
from tests.unit.export.conftest import table
from tests.unit.export.test_rows import of

from penstock.cluster.api import STEPS, Cluster
from penstock.cluster.failure import Failure
from penstock.cluster.watching import Change
from penstock.export import metrics
from penstock.export.exporting import Exporter

HUGE = 2**70


def steps() -> list[dict[str, Any]]:
    """Three, of which the second tells a number that no database takes."""
    good, bad, other = (deepcopy(of(small(), path)) for path in ("prepare", "augment", "train"))
    bad["status"]["attempts"][0]["exitCode"] = HUGE
    return [good, bad, other]


def take(engine: Engine, objects: list[dict[str, Any]]) -> list[Any]:
    """What is logged while they are written together."""
    exporter = Exporter(Cluster("ml"), engine)
    with structlog.testing.capture_logs() as logged:
        exporter._take([(Change(STEPS, "MODIFIED", (one,)), None) for one in objects])
    return logged


def test_who_is_refused_is_set_aside_and_all_others_are_written(engine: Engine) -> None:
    before = metrics.REFUSED.labels("step")._value.get()
    logged = take(engine, steps())
    assert table(engine, "SELECT path FROM step ORDER BY path") == [("prepare",), ("train",)]
    assert table(engine, "SELECT count(*) FROM attempt") == [(3,)]
    assert metrics.REFUSED.labels("step")._value.get() == before + 1
    (line,) = logged
    assert (line["kind"], line["name"]) == ("step", "ml/digits.augment")
    assert "refuses what it tells; it is left out until it tells something else" in line["event"]
    assert line["error"]


def test_as_soon_as_it_tells_something_else_it_is_written(engine: Engine) -> None:
    given = steps()
    take(engine, given)
    given[1]["status"]["attempts"][0]["exitCode"] = 1
    assert take(engine, given) == []
    assert table(engine, "SELECT exit_code FROM attempt JOIN step ON uid = step WHERE path = 'augment'") == [(1,)]


def test_a_database_that_lacks_a_table_is_no_trouble_of_one_object(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE attempt RENAME TO elsewhere")
    exporter = Exporter(Cluster("ml"), engine)
    if engine.dialect.name == "sqlite":  # that it lacks one is the same to sqlite as that it is away
        threading.Timer(1, exporter.end).start()
        exporter._take([(Change(STEPS, "MODIFIED", tuple(steps())), None)])
    else:
        with pytest.raises(Failure, match="refuses what is written") as raised:
            exporter._take([(Change(STEPS, "MODIFIED", tuple(steps())), None)])
        assert isinstance(raised.value.__cause__, ProgrammingError)
    assert table(engine, "SELECT count(*) FROM step") == [(0,)]
