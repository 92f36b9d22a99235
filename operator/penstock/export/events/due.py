"""What there is to tell, by the rows that are written. Keys follow from the rows, so that nothing is noted twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Table

from penstock.export.rows import Values
from penstock.export.tables import ATTEMPT, ROUND, RUN, WAIT

Found = Mapping[Table, Mapping[Any, Values]]


class Kind(StrEnum):
    """What is told. Of what is of the same second the first in the alphabet comes first."""

    ROUND_BEGAN = "began 1 round"
    RUN_BEGAN = "began 2 run"
    RUN_ENDED = "ended 1 run"
    ROUND_ENDED = "ended 2 round"
    WAIT_SPAN = "span 1 wait"
    ATTEMPT_SPAN = "span 2 attempt"
    ROUND_SPAN = "span 3 round"


LINEAGE = (Kind.ROUND_BEGAN, Kind.RUN_BEGAN, Kind.RUN_ENDED, Kind.ROUND_ENDED)
SPANS = (Kind.WAIT_SPAN, Kind.ATTEMPT_SPAN, Kind.ROUND_SPAN)

_OF: Mapping[Kind, tuple[Table, str]] = {
    Kind.ROUND_BEGAN: (ROUND, "started"),
    Kind.ROUND_ENDED: (ROUND, "ended"),
    Kind.RUN_BEGAN: (RUN, "started"),
    Kind.RUN_ENDED: (RUN, "ended"),
    Kind.WAIT_SPAN: (WAIT, "until"),
    Kind.ATTEMPT_SPAN: (ATTEMPT, "ended"),
    Kind.ROUND_SPAN: (ROUND, "ended"),
}
"""The table, and the instant from which on it may be told."""
_READ: Mapping[type, Callable[[str], Any]] = {str: str, int: int, datetime: datetime.fromisoformat}


class Due(NamedTuple):
    """One thing to tell. `at`: when it happened."""

    kind: Kind
    key: str
    at: datetime

    @property
    def parts(self) -> list[Any]:
        """The key of its row."""
        columns = table_of(self.kind).primary_key
        return [_READ[one.type.python_type](text) for one, text in zip(columns, self.key.split("/"), strict=True)]


def table_of(kind: Kind) -> Table:
    """The table of the row that it is about."""
    return _OF[kind][0]


def due(found: Found, kinds: Iterable[Kind]) -> Iterator[Due]:
    """What rows that are written now have to tell. Of what has ended it is known that it began."""
    for kind in kinds:
        table, column = _OF[kind]
        for key, row in found.get(table, {}).items():
            at = row.get(column) or row.get("ended")
            if at is not None:
                yield Due(kind, "/".join(map(_written, key)), at)


def _written(part: object) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
