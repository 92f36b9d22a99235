"""What rows tell of rounds, runs, attempts and waits, with whose they are: all that is told of them is made of this."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Select, Table, and_, select, tuple_

from penstock.export.events import data
from penstock.export.events.data import Artifact
from penstock.export.events.due import Due, Kind, table_of
from penstock.export.tables import PIPELINE, ROUND, RUN, STEP, TICK

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Whose:
    """What rounds and Steps belong to. `owner`: uid of the Pipeline, or of the Step if it stands alone; `series`: what
    ticks of one schedule have in common; `pipeline`: its own name."""

    namespace: str
    owner: str
    series: str
    pipeline: str = ""
    tick: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A row, and what else is to be known of it. `step`: its Step; none of a round. `reads`: what its task may have
    read, `wrote`: what it made; `values`: what it was given, as JSON; `message`: of the last attempt that failed;
    `round`: of the Pipeline, when it began."""

    whose: Whose
    row: Row
    step: Row | None = None
    wrote: Sequence[Artifact] = ()
    reads: Sequence[Artifact] = ()
    values: Mapping[str, str] | None = None
    message: str = ""
    round: int = 0


def facts(connection: Connection, asked: Sequence[Due]) -> dict[Due, Fact]:
    """What is known of each, in that order; nothing of those whose Pipeline is not in the database yet."""
    found: dict[Due, Fact] = {}
    for kind in dict.fromkeys(one.kind for one in asked):
        mine = {tuple(one.parts): one for one in asked if one.kind is kind}
        read = _rounds if table_of(kind) is ROUND else _of_steps
        for key, fact in read(connection, table_of(kind), list(mine)):
            found[mine[key]] = fact
    return _with_data(connection, {one: found[one] for one in asked if one in found})


def _columns(table: Table) -> list[Any]:
    return [column.label(f"{table.name}_{column.name}") for column in table.columns]


def _row(found: Any, table: Table) -> Row:
    return {column.name: found[f"{table.name}_{column.name}"] for column in table.columns}


def _asked(query: Select[Any], table: Table, keys: Sequence[Any]) -> Select[Any]:
    return query.where(tuple_(*table.primary_key).in_(keys))


def _ticked(source: FromClause) -> FromClause:
    same = (TICK.c.namespace == PIPELINE.c.namespace, TICK.c.schedule == PIPELINE.c.schedule)
    return source.outerjoin(TICK, and_(*same, TICK.c.pipeline == PIPELINE.c.uid))


def _rounds(connection: Connection, table: Table, keys: Sequence[Any]) -> Iterator[tuple[Any, Fact]]:
    joined = _ticked(ROUND.join(PIPELINE, PIPELINE.c.uid == ROUND.c.pipeline))
    query = select(*_columns(ROUND), *_columns(PIPELINE), TICK.c.time).select_from(joined)
    for one in connection.execute(_asked(query, ROUND, keys)).mappings():
        row, pipeline = _row(one, ROUND), _row(one, PIPELINE)
        said = pipeline["message"] if pipeline["round"] == row["round"] else None
        yield (
            (row["pipeline"], row["round"]),
            Fact(_whose(pipeline, one["time"]), row, message=said or "", round=row["round"]),
        )


def _of_steps(connection: Connection, table: Table, keys: Sequence[Any]) -> Iterator[tuple[Any, Fact]]:
    joined = _ticked(
        table.join(STEP, STEP.c.uid == table.c.step).outerjoin(PIPELINE, PIPELINE.c.uid == STEP.c.pipeline)
    )
    query = select(*_columns(table), *_columns(STEP), *_columns(PIPELINE), TICK.c.time).select_from(joined)
    found = list(connection.execute(_asked(query, table, keys)).mappings())
    began = _began(connection, {one["step_pipeline"] for one in found})
    for one in found:
        row, step, pipeline = _row(one, table), _row(one, STEP), _row(one, PIPELINE)
        if step["pipeline"] and not pipeline["uid"] and not step["gone"]:
            continue
        whose = _whose(pipeline, one["time"]) if pipeline["uid"] else _alone(step)
        round_ = row.get("undo_round") or _round(began.get(whose.owner, ()), row)
        yield tuple(row[column.name] for column in table.primary_key), Fact(whose, row, step, round=round_)


def _whose(pipeline: Row, tick: datetime | None) -> Whose:
    return Whose(pipeline["namespace"], pipeline["uid"], pipeline["series"], pipeline["name"], tick)


def _alone(step: Row) -> Whose:
    """Of a Step that stands alone, or of one whose Pipeline was gone before it was seen."""
    name = step["name"].removesuffix(f".{step['path']}")
    pipeline = name if step["pipeline"] else ""
    return Whose(step["namespace"], step["pipeline"] or step["uid"], name, pipeline)


def _began(connection: Connection, pipelines: Iterable[str | None]) -> Mapping[str, Sequence[tuple[datetime, int]]]:
    """When the rounds of Pipelines began."""
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    query = select(ROUND.c.pipeline, ROUND.c.started, ROUND.c.round).where(ROUND.c.started.is_not(None))
    asked = {one for one in pipelines if one}
    for pipeline, at, number in connection.execute(query.where(ROUND.c.pipeline.in_(asked))):
        found[pipeline].append((at, number))
    return found


def _round(began: Sequence[tuple[datetime, int]], row: Row) -> int:
    """The round in which it began: a run may go on through several, and each attempt is told that of its own time."""
    at = row.get("since") or row.get("started") or row.get("ended")
    told = max((number for start, number in began if at is not None and start <= at), default=0)
    return told or row.get("round") or min((number for _, number in began), default=0)


def _with_data(connection: Connection, found: dict[Due, Fact]) -> dict[Due, Fact]:
    """Runs with what they were given and made, and what went wrong."""
    runs = {due: (one.row["step"], one.row["run"]) for due, one in found.items() if table_of(due.kind) is RUN}
    if not runs:
        return found
    keys = list(runs.values())
    wrote, given, messages = data.wrote(connection, keys), data.given(connection, keys), data.messages(connection, keys)
    sources = {
        (found[due].whose.owner, source) for due, key in runs.items() for _, source, _ in given.get(key, ()) if source
    }
    made = data.made(connection, sources)
    for due, key in runs.items():
        one, inputs = found[due], given.get(key, ())
        found[due] = replace(
            one,
            wrote=wrote.get(key, ()) if due.kind is Kind.RUN_ENDED else (),
            reads=[each for _, source, _ in inputs for each in made.get((one.whose.owner, source), ())],
            values={name: value for name, source, value in inputs if not source},
            message=messages.get(key, ""),
        )
    return found
