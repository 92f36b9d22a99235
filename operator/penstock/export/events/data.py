"""The artifacts that runs read and made, and what else they were given."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, tuple_

from penstock.export.tables import ARTIFACT, ATTEMPT, INPUT, RUN, STEP

Run = tuple[str, int]
"""Uid of a Step, and the number of a run of it."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One version of what a task gives. `path`: of the Step that made it; `uri`: where it is."""

    task: str
    name: str
    path: str
    uri: str
    sha256: str | None = None
    bytes: int | None = None
    made: datetime | None = None


def wrote(connection: Connection, runs: Sequence[Run]) -> Mapping[Run, Sequence[Artifact]]:
    """By run: the artifacts that it made."""
    found: dict[Any, list[Artifact]] = defaultdict(list)
    for step, run, one in _artifacts(connection, tuple_(ARTIFACT.c.step, ARTIFACT.c.run).in_(runs)):
        found[step, run].append(one)
    return found


def _artifacts(connection: Connection, where: Any) -> Iterator[tuple[str, int, Artifact]]:
    run = and_(RUN.c.step == ARTIFACT.c.step, RUN.c.run == ARTIFACT.c.run)
    joined = ARTIFACT.join(STEP, STEP.c.uid == ARTIFACT.c.step).join(RUN, run)
    columns: list[Any] = [*ARTIFACT.columns, STEP.c.task, STEP.c.path, RUN.c.ended]
    query = select(*columns).select_from(joined).where(where)
    order = (STEP.c.path, ARTIFACT.c.run, ARTIFACT.c.name)
    for one in connection.execute(query.order_by(*order)):
        step, number, name, uri, sha256, size, task, path, ended = one
        yield step, number, Artifact(task, name, path, uri, sha256, size, ended)


def given(connection: Connection, runs: Sequence[Run]) -> Mapping[Run, Sequence[tuple[str, str, str]]]:
    """By run: the name of each input, the output that it is, or its value."""
    found: dict[Any, list[tuple[str, str, str]]] = defaultdict(list)
    query = select(INPUT).where(tuple_(INPUT.c.step, INPUT.c.run).in_(runs)).order_by(INPUT.c.name, INPUT.c.source)
    for step, run, name, source, value in connection.execute(query):
        found[step, run].append((name, source, value))
    return found


def made(connection: Connection, sources: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[Artifact]]:
    """By Pipeline and `task.output`: what there is of it that is an artifact."""
    found: dict[Any, list[Artifact]] = defaultdict(list)
    for pipeline, source in sorted(set(sources)):
        task, _, name = source.rpartition(".")
        where = and_(STEP.c.pipeline == pipeline, STEP.c.task == task, ARTIFACT.c.name == name)
        found[pipeline, source] = [one for _, _, one in _artifacts(connection, where)]
    return found


def messages(connection: Connection, runs: Sequence[Run]) -> Mapping[Run, str]:
    """By run: what the last attempt said that failed."""
    asked = (tuple_(ATTEMPT.c.step, ATTEMPT.c.run).in_(runs), ATTEMPT.c.undo_round == 0, ATTEMPT.c.message.is_not(None))
    query = select(ATTEMPT.c.step, ATTEMPT.c.run, ATTEMPT.c.message).where(*asked).order_by(ATTEMPT.c.number)
    return {(step, run): message for step, run, message in connection.execute(query)}
