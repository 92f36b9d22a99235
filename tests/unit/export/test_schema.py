"""Which databases are written, and which are left alone with a word why."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from tests.unit.export.conftest import table

from penstock.cluster.failure import Failure
from penstock.export.schema import VERSION, engine_of, name_of, prepare
from penstock.export.tables import METADATA
from penstock.export.views import VIEWS


def test_a_database_is_prepared_once_and_then_left(engine: Engine) -> None:
    prepare(engine)
    assert table(engine, "SELECT version FROM penstock_schema") == [(VERSION,)]
    for name in VIEWS:
        assert table(engine, f"SELECT * FROM {name}") == []


def test_what_was_not_made_when_it_was_killed_is_made_the_next_time(url: str) -> None:
    engine = engine_of(url)
    METADATA.tables["penstock_schema"].create(engine)
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW v_models"))
    prepare(engine)
    assert table(engine, "SELECT * FROM v_models") == []
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "told"),
    [(VERSION - 1, "which an older exporter made"), (VERSION + 1, "which a newer exporter made")],
)
def test_another_schema_is_named_and_left_alone(engine: Engine, version: int, told: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE penstock_schema SET version = {version}"))
    with pytest.raises(Failure, match=f"schema {version}, {told}.*this one writes schema {VERSION}"):
        prepare(engine)
    assert table(engine, "SELECT version FROM penstock_schema") == [(version,)]


def test_tables_of_others_are_left_alone(url: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE step (id integer)"))
    with pytest.raises(Failure, match="a table 'step' that Penstock did not make"):
        prepare(engine)
    assert table(engine, "SELECT * FROM step") == []
    engine.dispose()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("history.db", "cannot be read; write one such as"), ("mysql://host/db", "the database is mysql, which is not")],
)
def test_a_url_that_leads_nowhere_is_told(wrong: str, told: str) -> None:
    with pytest.raises(Failure, match=told):
        engine_of(wrong)


def test_no_log_has_the_password() -> None:
    assert "secret" not in name_of(engine_of("postgresql://ada:secret@host/db").url)
