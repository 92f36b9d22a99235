"""A Pipeline against its plan, and the resources that it runs on, on one axis of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from penstock.core.asked.progress import Course, Progress
from penstock.core.asked.view.lanes import Lane
from penstock.core.asked.view.rows import Row
from penstock.core.asked.why import Answer
from penstock.core.causes import Short
from penstock.core.names import task_of

Span = tuple[float, float]
Against = tuple[int, float | None, float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`id`: of the state whose rows these are; `at`: when it was found, seconds since 1970.

    `planned`, `expected`: makespans in seconds from `began`; `late`: by so many it should end later than planned,
    negative for sooner; both null if a step cannot start as things are. `rows`: `[row, planned start, planned end,
    expected start, expected end, late]`, null for what there is not; instants in seconds from `began`. `notes`: what
    the plan does not know; `hidden`: resources that the viewer may not list in all namespaces, so that lanes lack them.
    """

    id: str
    at: float
    began: float
    planned: float
    expected: float | None
    late: float | None
    rows: Sequence[Against]
    lanes: Sequence[Lane]
    notes: Sequence[str] = ()
    hidden: Sequence[str] = ()


def against_plan(found: Progress, rows: Sequence[Row]) -> list[Against]:
    """The rows that have a plan or are expected to run. Instances that have no Step yet are told together, in the row
    of their task."""
    place = {row.path: number for number, row in enumerate(rows)}
    by_row: dict[int, list[Course]] = {}
    for one in found.steps:
        path = one.activity.key[2]
        number = place.get(path, place.get(one.activity.task, place.get(task_of(path))))
        if number is not None:
            by_row.setdefault(number, []).append(one)
    told: list[Against] = []
    for number, some in sorted(by_row.items()):
        planned, ran = _hull(one.planned for one in some), _hull(one.ran for one in some)
        expected = None if all(one.ended for one in some) else ran
        late = ran[1] - planned[1] if planned and ran else None
        late = None if late is None else round(late, 3)
        told.append((number, *_from(planned, found.began), *_from(expected, found.began), late))
    return told


def reserved(answers: Iterable[Answer]) -> dict[str, float]:
    """From when steps that wait have a claim on what they are short of, by path."""
    found = {}
    for one in answers:
        cause = one.wait.cause if one.wait else None
        if isinstance(cause, Short) and cause.reserved is not None:
            found[one.key[2]] = cause.reserved
    return found


def _hull(spans: Iterable[Span | None]) -> Span | None:
    known = [one for one in spans if one]
    return (min(start for start, _ in known), max(end for _, end in known)) if known else None


def _from(span: Span | None, began: float) -> tuple[float | None, float | None]:
    return (None, None) if span is None else (round(span[0] - began, 3), round(span[1] - began, 3))
