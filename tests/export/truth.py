"""What a database has to hold, after all that was to be seen."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Table, select

from penstock.cluster.api import Resource
from penstock.export.exporting import READ
from penstock.export.rows import Key, Values, merged
from penstock.export.tables import METADATA, PIPELINE, SCHEMA, STEP, WAIT

Object = dict[str, Any]
States = Sequence[tuple[Resource, Object]]


def rows_of(states: States) -> dict[Table, dict[Key, Values]]:
    """Rows that these states tell, of several of one object the last."""
    told = (READ[resource][0](one, gone="gone" in one) for resource, one in states)
    return merged(row for each in told for row in each.rows)


def last(states: States) -> States:
    """The last state of each object."""
    return list({one["metadata"]["uid"]: (resource, one) for resource, one in states}.values())


def written(engine: Engine) -> dict[Table, dict[Key, Values]]:
    """All that is in the database."""
    found: dict[Table, dict[Key, Values]] = {}
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            if table is not SCHEMA:
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
                found[table] = {tuple(row[key.name] for key in table.primary_key): row for row in rows}
                assert len(found[table]) == len(rows), f"{table.name} has something twice"
    return found


def until_written(engine: Engine, states: States, seconds: float = 120) -> dict[Table, dict[Key, Values]]:
    """What is in the database as soon as it knows how all objects stand."""
    deadline, truth = time.monotonic() + seconds, rows_of(last(states))
    while True:
        found = written(engine)
        missing = [one for table in (PIPELINE, STEP) for one in wrong(truth, found, table)]
        if not missing:
            return found
        assert time.monotonic() < deadline, missing
        time.sleep(0.5)


def wrong(truth: Mapping[Table, Any], found: Mapping[Table, Any], table: Table) -> list[str]:
    """What of the truth is not as it should be: all that it says has to be there."""
    return [
        f"{table.name} {key}: {name} is {found[table].get(key, {}).get(name)!r}, not {value!r}"
        for key, row in truth.get(table, {}).items()
        for name, value in row.items()
        if value is not None and found[table].get(key, {}).get(name) != value
    ]


def invented(states: States, found: Mapping[Table, Any]) -> list[str]:
    """What no state ever told."""
    told: dict[tuple[Table, Key, str], set[object]] = defaultdict(lambda: {None, False})
    for resource, one in states:
        for row in READ[resource][0](one, gone="gone" in one).rows:
            for name, value in row.values.items():
                told[row.table, row.key, name].add(value)
    return [
        f"{table.name} {key}: {name} is {value!r}"
        for table, rows in found.items()
        for key, row in rows.items()
        for name, value in row.items()
        if value not in told[table, key, name] and (table is not WAIT or name not in ("until", "seconds"))
    ]


def overlapping(waits: Iterable[Mapping[str, Any]]) -> list[str]:
    """Waits of one Step that are not one after the other."""
    by_step: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in sorted(waits, key=lambda row: row["since"]):
        by_step[one["step"]].append(one)
    return [
        f"{step}: {one['reason']} until {one['until']}, {other['reason']} since {other['since']}"
        for step, mine in by_step.items()
        for one, other in itertools.pairwise(mine)
        if one["until"] is None or one["until"] > other["since"]
    ]
