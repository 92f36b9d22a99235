"""PipelineSchedules as a list: when each fires next, how its Pipelines went, how far its backfill is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.core.asked.view.rows import moment
from penstock.core.cron.scheduled import Run, ScheduleView, run_of
from penstock.core.cron.ticks import InvalidLine, InvalidZone, Timetable, timetable
from penstock.core.names import scheduled_name
from penstock.core.seen.views import PipelineView

NEXT = 5
"""So many ticks to come are told,"""
RUNS = 20
"""and so many Pipelines."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick to come, in seconds since 1970, and the Pipeline that it will make."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A Pipeline of a schedule. `tick`: None if its name tells none; instants are seconds since 1970."""

    name: str
    tick: int | None
    phase: str
    start: float | None
    end: float | None
    backfill: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """A backfill: its range, how many ticks are in it, how many of them have their Pipeline, and when all had ended."""

    begin: float | None
    until: float | None
    ticks: int
    passed: int
    done: float | None
    message: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule. `problem`: why it does not fire, empty if it does; `made`: its latest Pipelines, of `count`."""

    namespace: str
    name: str
    uid: str
    line: str
    zone: str
    policy: str
    suspended: bool
    problem: str
    active: int
    last: float | None
    upcoming: Sequence[Tick]
    made: Sequence[Made]
    count: int
    fill: Fill | None
    description: str


def schedules(views: Iterable[ScheduleView], pipelines: Iterable[PipelineView], now: float) -> list[Schedule]:
    """All of them, by namespace and name. `pipelines`: those that schedules may have made."""
    owned: dict[str, list[PipelineView]] = {}
    for one in pipelines:
        if one.schedule:
            owned.setdefault(one.schedule, []).append(one)
    ordered = sorted(views, key=lambda view: (view.namespace, view.name))
    return [_schedule(view, owned.get(view.uid, ()), now) for view in ordered]


def _schedule(view: ScheduleView, pipelines: Iterable[PipelineView], now: float) -> Schedule:
    spec, status = view.spec, view.status
    line, zone = _text(spec.get("schedule")), _text(spec.get("timeZone"))
    known, problem = _timetable(line, zone)
    runs = sorted((run_of(one, view) for one in pipelines), key=_age, reverse=True)
    accepted = _condition(status, "Accepted")
    template = _mapping(_mapping(spec.get("pipelineTemplate")).get("spec"))
    return Schedule(
        namespace=view.namespace,
        name=view.name,
        uid=view.uid,
        line=line,
        zone=zone or "UTC",
        policy=_text(spec.get("concurrencyPolicy")) or "Allow",
        suspended=spec.get("suspend") is True,
        problem=_text(accepted.get("message")) if accepted.get("status") == "False" else problem,
        active=sum(run.ended is None for run in runs),
        last=moment(status.get("lastScheduleTime")),
        upcoming=[Tick(at, scheduled_name(view.name, at)) for at in known.upcoming(now, NEXT)] if known else [],
        made=[_made(run) for run in runs[:RUNS]],
        count=len(runs),
        fill=_fill(status),
        description=_text(template.get("description")),
    )


def _timetable(line: str, zone: str) -> tuple[Timetable | None, str]:
    try:
        return timetable(line, zone or None), ""
    except (InvalidLine, InvalidZone) as error:
        return None, str(error)


def _age(run: Run) -> tuple[float, str]:
    return (run.tick if run.tick is not None else run.view.created, run.view.name)


def _made(run: Run) -> Made:
    status = run.view.status
    phase = _text(status.get("phase")) or "Pending"
    return Made(run.view.name, run.tick, phase, moment(status.get("startTime")), run.ended, run.backfill)


def _fill(status: Mapping[str, Any]) -> Fill | None:
    told = _mapping(status.get("backfill"))
    if not told:
        return None
    blocked = _condition(status, "Backfilling")
    ticks, passed = (told.get(key) for key in ("ticks", "passed"))
    return Fill(
        begin=moment(told.get("from")),
        until=moment(told.get("until")),
        ticks=ticks if isinstance(ticks, int) else 0,
        passed=passed if isinstance(passed, int) else 0,
        done=moment(told.get("completionTime")),
        message=_text(blocked.get("message")) if blocked.get("status") == "True" else "",
    )


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = status.get("conditions")
    ones = found if isinstance(found, list) else ()
    return next((one for one in ones if isinstance(one, Mapping) and one.get("type") == kind), {})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
