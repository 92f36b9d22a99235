"""Tables of rows as columns, and what changes from one to the next: small, so that thousands of rows travel fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.core.asked.view.rows import Row, State

FIELDS = State._fields
"""The order of the values in a change, after the number of the row."""
WORDS = ("phase", "reason", "message", "node", "undo")
"""Fields of which many rows have the same text."""

Change = Sequence[Any]
"""`[number, phase, reason, ...]`: a row and all that `State` has."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as columns: `paths`, and the number of each task in `tasks`; texts of `State` as numbers in `words`.

    `flags`: 1 there is no Step yet, 2 it is an orphan.
    """

    paths: Sequence[str]
    tasks: Sequence[str]
    task: Sequence[int]
    flags: Sequence[int]
    words: Sequence[str]
    states: dict[str, Sequence[Any]]


def table(rows: Sequence[Row]) -> Table:
    """The rows as columns."""
    tasks = {task: number for number, task in enumerate(dict.fromkeys(row.task for row in rows))}
    words: dict[Any, int] = {}
    states: dict[str, Sequence[Any]] = {}
    for at, name in enumerate(FIELDS):
        column = [row.state[at] for row in rows]
        states[name] = [words.setdefault(one, len(words)) for one in column] if name in WORDS else column
    return Table(
        [row.path for row in rows],
        list(tasks),
        [tasks[row.task] for row in rows],
        [(not row.made) + 2 * row.orphan for row in rows],
        list(words),
        states,
    )


def changes(before: Sequence[Row], after: Sequence[Row]) -> list[Change] | None:
    """The rows that changed; None if there are others than before, so that the whole table is needed."""
    if len(before) != len(after):
        return None
    found: list[Change] = []
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is new or old == new:
            continue
        if (old.path, old.made, old.orphan) != (new.path, new.made, new.orphan):
            return None
        found.append([number, *new.state])
    return found
