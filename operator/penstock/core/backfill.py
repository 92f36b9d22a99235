"""Backfill: the ticks of a range of the past that have no Pipeline get one, in order, a few at a time."""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from penstock.core import labels
from penstock.core.clock import instant, stamp
from penstock.core.schedule_check import Rules
from penstock.core.scheduled import Run

Status = dict[str, Any]


@dataclass(slots=True)
class Filling:
    """The next part of a backfill. `blocked` is the name that it needs and somebody else has."""

    status: Status
    create: list[int] = field(default_factory=list)
    """Ticks to create Pipelines for."""
    blocked: str | None = None

    @property
    def completed(self) -> bool:
        """Whether every tick was dealt with and every Pipeline has ended."""
        return "completionTime" in self.status

    def ahead_of(self, tick: int) -> bool:
        """Whether the backfill has yet to come to this tick, and so needs to see the Pipeline that is there."""
        done = instant(self.status.get("cursor")) or -math.inf
        return done < tick <= (instant(self.status["until"]) or 0.0) and not self.completed


class Names:
    """The names of a schedule's Pipelines: those there are, and those of others."""

    def __init__(self, schedule: str, own: Set[str], foreign: Set[str]) -> None:
        self.schedule = schedule
        self.own = own
        self.foreign = foreign

    def of(self, tick: int) -> str:
        """The name for a tick."""
        return labels.scheduled_name(self.schedule, tick)


def fill(rules: Rules, before: Status | None, runs: Sequence[Run], names: Names, now: float) -> Filling | None:
    """What to do next about the backfill that is asked for; None if none is.

    `before` is what the status says of the backfill that was asked for last. A range is filled up to the instant at
    which its backfill begins: what comes later is the schedule's own, so that no tick is run by both.
    """
    asked = rules.spec.backfill
    if asked is None:
        return None
    known = before is not None and (before["from"], before["to"]) == (asked.from_, asked.to)
    status = dict(before) if before is not None and known else _begin(rules, now)
    filling = Filling(status)
    if filling.completed:
        return filling
    running = sum(run.backfill and run.ended is None for run in runs)
    first = math.ceil(rules.first) - 1
    cursor = instant(status.get("cursor"))
    for tick in rules.timetable.between(first if cursor is None else cursor, instant(status["until"]) or 0.0):
        name = names.of(tick)
        if name in names.foreign:
            filling.blocked = name
            return filling
        if name not in names.own:
            if running >= asked.parallelism:
                return filling
            running += 1
            filling.create.append(tick)
            status["created"] = status.get("created", 0) + 1
        status["passed"] = status.get("passed", 0) + 1
        status["cursor"] = stamp(tick)
    if not running:
        status["completionTime"] = stamp(now)
    return filling


def _begin(rules: Rules, now: float) -> Status:
    asked = rules.spec.backfill
    assert asked is not None
    until = math.floor(max(min(rules.last, now), 0))
    ticks = sum(1 for _ in rules.timetable.between(math.ceil(rules.first) - 1, until))
    return {"from": asked.from_, "to": asked.to, "until": stamp(until), "ticks": ticks, "passed": 0, "created": 0}
