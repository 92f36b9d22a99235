"""The life of each step on an axis of time: what it waited for and when its attempts ran, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from penstock.core.asked.view.ready import ready
from penstock.core.asked.view.rows import Row, moment
from penstock.core.graph.graph import Graph
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView, StepView

KINDS = ("wait", "run", "undo", "unknown")
"""What a bar stands for; `unknown`: attempts of which no record is kept."""
WAIT, RUN, UNDO, UNKNOWN = range(4)


class Bar(NamedTuple):
    """A part of a step's life. `kind`: a number in KINDS; `reason`: what it waits for, or how the attempt ended; empty
    if nobody knows. Instants are seconds since 1970; `end` is None as long as it goes on."""

    kind: int
    start: float
    end: float | None
    attempt: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """The bars of a Pipeline's rows as `[row, kind, start, length, attempt, reason]`: the start in seconds from
    `began`, the length in seconds or null as long as it goes on, the reason as a number in `words`. `id`: of the state
    whose rows these are; `began`: null before it has begun."""

    id: str
    now: float
    began: float | None
    words: Sequence[str]
    bars: Sequence[Sequence[Any]] = field(default_factory=tuple)


def times(
    id_: str,
    now: float,
    pipeline: PipelineView,
    graph: Graph | None,
    steps: Mapping[str, StepView],
    rows: Sequence[Row],
) -> Times:
    """The bars of all rows. What ended before the Pipeline last began, so that its result was taken again, has none."""
    began = moment(pipeline.status.get("startTime"))
    if began is None:
        return Times(id_, now, None, [])
    since = ready(graph, steps, began) if graph else {}
    words: dict[str, int] = {}
    found: list[Sequence[Any]] = []
    for number, row in enumerate(rows):
        step = steps.get(row.path)
        if step is None:
            continue
        for bar in life(step.status, since.get(row.path), began):
            length = None if bar.end is None else bar.end - bar.start
            word = words.setdefault(bar.reason, len(words))
            found.append([number, bar.kind, bar.start - began, length, bar.attempt, word])
    return Times(id_, now, began, list(words), found)


def life(status: Mapping[str, Any], since: float | None, began: float) -> list[Bar]:
    """The bars of one step in order of time, each from the end of the one before, from when it was ready (`since`, None
    if it is not) to its end. Bars of an undo come after; between its attempts there is nothing.
    """
    over = moment(status.get("completionTime"))
    if over is not None and over < began:
        return []
    attempts = _attempts(status)
    first = next((one.start for one in attempts if one.start is not None), None)
    starts = [at for at in (since, moment(status.get("startTime")), first) if at is not None]
    if not starts:
        return []
    at = max(min(starts), began)
    found: list[Bar] = []
    for part in (*_waits(status, attempts, over), _tail(status, over)):
        at = _put(found, part, at)
        if found and found[-1].end is None:
            break
    return [*found, *_undo(status, at)] if over is not None else found


def _undo(status: Mapping[str, Any], at: float) -> Iterator[Bar]:
    """The attempts of the undo of the run, none before an instant."""
    undo = status.get("undo")
    if not isinstance(undo, Mapping) or undo.get("run") != status.get("run"):
        return
    for one in _attempts(undo):
        if one.start is None:
            continue
        start = max(at, one.start)
        end = None if one.end is None else max(start, one.end)
        yield Bar(UNDO, start, end, one.number, one.reason)
        if end is None:
            return
        at = end


class _Attempt(NamedTuple):
    number: int
    start: float | None
    end: float | None
    reason: str


class _Part(NamedTuple):
    """What goes on until an instant, whenever what is before it has ended; None: it goes on."""

    kind: int
    end: float | None
    attempt: int = 0
    reason: str = ""


def _put(found: list[Bar], part: _Part, at: float) -> float:
    """Adds a part from an instant on, unless there is nothing of it; returns when it ends."""
    if part.end is not None and part.end <= at and part.kind != RUN:
        return at
    end = None if part.end is None else max(at, part.end)
    found.append(Bar(part.kind, at, end, part.attempt, part.reason))
    return at if end is None else end


def _waits(status: Mapping[str, Any], attempts: Sequence[_Attempt], over: float | None) -> Iterator[_Part]:
    """Each attempt, and what comes before it. None goes on after the step is `over`."""
    made = moment(status.get("startTime"))
    before = 0
    for one in attempts:
        start = one.start if one.start is not None else one.end
        if one.number > before + 1 and start is not None:
            yield _Part(UNKNOWN, start)
        elif before and start is not None:
            yield _Part(WAIT, start, one.number, Reason.BACKOFF.value)
        else:
            if made is not None and not before:
                yield _Part(WAIT, made, one.number)
            yield _Part(WAIT, over if start is None else start, one.number, Reason.STARTING.value)
        if start is not None:
            yield _Part(RUN, over if one.end is None else one.end, one.number, one.reason)
        before = one.number


def _tail(status: Mapping[str, Any], over: float | None) -> _Part:
    """What comes after the last attempt: nothing, or a wait that has a reason only as long as it lasts."""
    reason = status.get("reason")
    asked = over is not None and reason in (Reason.APPROVED, Reason.REJECTED, Reason.APPROVAL_TIMED_OUT)
    known = reason if over is None and isinstance(reason, str) else ""
    return _Part(WAIT, over, 0, Reason.WAITING_FOR_APPROVAL.value if asked else known)


def _attempts(status: Mapping[str, Any]) -> list[_Attempt]:
    """In their order; what was edited into nonsense is left out."""
    told = status.get("attempts")
    found = [_attempt(one) for one in (told if isinstance(told, list) else ()) if isinstance(one, Mapping)]
    return sorted((one for one in found if one.number), key=lambda one: one.number)


def _attempt(one: Mapping[str, Any]) -> _Attempt:
    number, end = one.get("number"), moment(one.get("end"))
    reason = one.get("reason")
    if not isinstance(reason, str) or not reason:
        reason = Reason.COMPLETED.value if end is not None and one.get("exitCode") == 0 else ""
    return _Attempt(number if isinstance(number, int) else 0, moment(one.get("start")), end, reason)
