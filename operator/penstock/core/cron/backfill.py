"""Backfill: the ticks of a range of the past that have no Pipeline get one, in order, a few at a time."""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from penstock.core import names
from penstock.core.clock import instant, stamp
from penstock.core.cron.schedule_check import Rules
from penstock.core.cron.scheduled import Run

Status = dict[str, Any]


@dataclass(slots=True)
class Filling:
    """The next part of a backfill. `blocked` is the name that it needs and somebody else has."""

    status: Status
    ahead: range
    """Where ticks are, by the status as it is written, that the backfill has yet to deal with."""
    create: list[int] = field(default_factory=list)
    """Ticks to create Pipelines for."""
    blocked: str | None = None

    @property
    def completed(self) -> bool:
        """Whether every tick was dealt with and every Pipeline has ended."""
        return "completionTime" in self.status


class Names:
    """The names of a schedule's Pipelines: those there are, and those of others."""

    def __init__(self, schedule: str, own: Set[str], foreign: Set[str]) -> None:
        self.schedule = schedule
        self.own = own
        self.foreign = foreign

    def of(self, tick: int) -> str:
        """The name for a tick."""
        return names.scheduled_name(self.schedule, tick)


def standing(rules: Rules, before: Status | None) -> Filling | None:
    """The backfill that is asked for as `before`, the status, has it; None if none is asked for, or another one was."""
    asked = rules.spec.backfill
    if asked is None or before is None or (before["from"], before["to"]) != (asked.from_, asked.to):
        return None
    return _filling(rules, dict(before))


def fill(rules: Rules, before: Status | None, runs: Sequence[Run], names: Names, now: float) -> Filling | None:
    """What to do next about the backfill that is asked for; None if none is.

    A range is filled up to the instant at which its backfill begins: what comes later is the schedule's own, so that
    no tick is run by both.
    """
    asked = rules.spec.backfill
    if asked is None:
        return None
    filling = standing(rules, before) or _filling(rules, _begin(rules, now))
    status = filling.status
    if filling.completed:
        return filling
    running = sum(run.backfill and run.ended is None for run in runs)
    for tick in rules.timetable.between(filling.ahead.start - 1, filling.ahead.stop - 1):
        name = names.of(tick)
        if name in names.foreign:
            filling.blocked = name
            return filling
        if name not in names.own:
            if running >= asked.parallelism:
                return filling
            running += 1
            filling.create.append(tick)
        status["passed"] += 1
        status["cursor"] = stamp(tick)
    if not running:
        status["completionTime"] = stamp(now)
    return filling


def _begin(rules: Rules, now: float) -> Status:
    asked = rules.spec.backfill
    assert asked is not None
    until = math.floor(max(min(rules.last, now), 0))
    ticks = sum(1 for _ in rules.timetable.between(math.ceil(rules.first) - 1, until))
    return {"from": asked.from_, "to": asked.to, "until": stamp(until), "ticks": ticks, "passed": 0}


def _filling(rules: Rules, status: Status) -> Filling:
    if "completionTime" in status:
        return Filling(status, range(0))
    cursor, until = instant(status.get("cursor")), instant(status["until"]) or 0.0
    begin = math.ceil(rules.first) if cursor is None else int(cursor) + 1
    return Filling(status, range(begin, int(until) + 1))
