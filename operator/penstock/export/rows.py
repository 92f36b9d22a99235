"""Rows, and what they are merged from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table

from penstock.core.clock import instant
from penstock.export.tables import KEEPS

Values = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; columns that it has no value for are None."""

    table: Table
    values: Values

    @property
    def key(self) -> Key:
        """What tells it from other rows of the table."""
        return tuple(self.values[column.name] for column in self.table.primary_key)


@dataclass(frozen=True, slots=True)
class Seen:
    """A Step's status, which ends what it waited for before. `since`: when it began to say what it says; `started`: its
    run, if one has begun; `waits`: whether it waits for something now."""

    step: str
    since: datetime
    started: datetime | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What one object tells. `kind`, `name`: of that object, for messages."""

    rows: Sequence[Row]
    seen: Seen | None = None
    kind: str = ""
    name: str = ""


def when(text: object) -> datetime | None:
    """An instant of the API as the database has it; None of what is none: anybody may write annotations."""
    try:
        seconds = instant(text) if isinstance(text, str) else None
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def between(start: datetime | None, end: datetime | None) -> int | None:
    """Seconds; None before both are known. Clocks of nodes differ, so what would be less than none is none."""
    return None if start is None or end is None else max(0, round((end - start).total_seconds()))


def words(value: object) -> str | None:
    """A text as every database takes it: PostgreSQL has no NUL in texts."""
    return None if value is None else str(value).replace("\0", "�")


def merged(rows: Iterable[Row]) -> dict[Table, dict[Key, Values]]:
    """Rows by table and key, each with all its columns, as if they were written one after the other: of what is said of
    one twice, the last counts, and where the table keeps what was told, the last that is told."""
    found: dict[Table, dict[Key, Values]] = {}
    for row in rows:
        mine = found.setdefault(row.table, {})
        values = dict.fromkeys(row.table.columns.keys())
        if row.table.info.get(KEEPS):
            values.update(mine.get(row.key, {}))
            values.update((name, value) for name, value in row.values.items() if value is not None)
        else:
            values.update(row.values)
        mine[row.key] = values
    return found
