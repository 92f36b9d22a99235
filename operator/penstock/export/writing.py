"""Writes rows: one transaction for what came together, the same whether it is written once or often."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, bindparam, func, select, update

from penstock.export.events.due import Kind, due
from penstock.export.rows import Row, Seen, Told, between, merged
from penstock.export.tables import DUE, KEEPS, METADATA, RUN, SCHEMA, WAIT

AT_ONCE = 500
"""Objects in one transaction, and keys in one question."""

Open = dict[str, dict[str, Any]]
"""By Step: the row of what it waits for."""


class Writer:
    """The one who writes to a database. `sinks`: by name, of what receivers are to be told."""

    def __init__(self, engine: Engine, sinks: Mapping[str, Sequence[Kind]] = MappingProxyType({})) -> None:
        self._engine = engine
        self._sinks = sinks
        tables = (one for one in METADATA.sorted_tables if one not in (SCHEMA, DUE))
        self._upserts = {one: _upsert(one, engine.dialect.name) for one in tables}
        self._noted = _insert(DUE, engine.dialect.name).on_conflict_do_nothing()

    def write(self, told: Sequence[Told]) -> int:
        """What objects told, in the order in which they did; returns how many rows that is."""
        with self._engine.begin() as connection:
            seen = [one.seen for one in told if one.seen]
            steps = sorted({one.step for one in seen})
            open_waits = _open(connection, steps)
            rows: list[Row] = []
            held: dict[str, list[Row]] = {}
            for one in told:
                if one.seen:
                    rows += _ended(open_waits, one.seen)
                    rows += held.get(one.seen.step, ())
                    held[one.seen.step] = list(_dropped(one.rows))
                rows += one.rows
                for row in one.rows:
                    if row.table is WAIT:
                        open_waits[row.values["step"]] = row.values
            if steps:  # what is held is said anew
                dropped = update(RUN).where(RUN.c.step == bindparam("of"), RUN.c.held).values(held=False)
                connection.execute(dropped, [{"of": step} for step in steps])
            found = merged(rows)
            for table, upsert in self._upserts.items():
                if table in found:
                    connection.execute(upsert, list(found[table].values()))
            noted = [
                {"sink": sink, "kind": one.kind.value, "key": one.key, "at": one.at, "settled": False}
                for sink, kinds in self._sinks.items()
                for one in due(found, kinds)
            ]
            if noted:
                connection.execute(self._noted, noted)
        return sum(map(len, found.values()))

    def keep_only(self, table: Table, present: Collection[str], namespace: str | None) -> int:
        """Notes that all others of a namespace (None: of all) are gone; returns how many are."""
        there = select(table.c.uid).where(~table.c.gone)
        if namespace is not None:
            there = there.where(table.c.namespace == namespace)
        with self._engine.begin() as connection:
            gone = sorted(set(connection.execute(there).scalars()).difference(present))
            for uids in _parts(gone):
                connection.execute(update(table).where(table.c.uid.in_(uids)).values(gone=True))
        return len(gone)


def _insert(table: Table, dialect: str) -> Any:
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)  # the other one is not loaded: 3 MB


def _upsert(table: Table, dialect: str) -> Insert:
    statement = _insert(table, dialect)
    keys = list(table.primary_key)
    keeps = table.info.get(KEEPS, False)
    changes = {
        column.name: func.coalesce(statement.excluded[column.name], column)
        if keeps
        else statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    found: Insert = statement.on_conflict_do_update(index_elements=keys, set_=changes)
    return found


def _open(connection: Connection, steps: Sequence[str]) -> Open:
    found: Open = {}
    for uids in _parts(steps):
        query = select(WAIT).where(WAIT.c.step.in_(uids), WAIT.c.until.is_(None)).order_by(WAIT.c.since)
        found.update((row["step"], dict(row)) for row in connection.execute(query).mappings())
    return found


def _ended(open_waits: Open, seen: Seen) -> Iterator[Row]:
    """The end of what a Step waited for before it was seen to say something else: when its run began, if it has."""
    wait = open_waits.get(seen.step)
    if wait is None or (seen.waits and wait["since"] == seen.since):
        return
    del open_waits[seen.step]
    began = not seen.waits and seen.started is not None and wait["since"] <= seen.started <= seen.since
    until = seen.started if began else max(wait["since"], seen.since)  # the clock may have been set back
    yield Row(WAIT, {**wait, "until": until, "seconds": between(wait["since"], until)})


def _dropped(rows: Sequence[Row]) -> Iterator[Row]:
    """What counts of the runs that a Step holds as soon as it tells anew which it holds."""
    for row in rows:
        if row.table is RUN and row.values["held"]:
            yield Row(RUN, {"step": row.values["step"], "run": row.values["run"], "held": False})


def _parts(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (uids[at : at + AT_ONCE] for at in range(0, len(uids), AT_ONCE))
