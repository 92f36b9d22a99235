"""Watches that stand still, lie, or break."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults import courses
from tests.faults.rules import Answer, End, Freeze, Gone, Lag, Lose, Reorder, Repeat, Rule, Tear
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage

WORK = ("steps", "jobs", "pods")
watches = partial(Scenario, group="watches")


async def _cut_often(stage: Stage) -> None:
    """Every half second all watches break."""
    for _ in range(24):
        await asyncio.sleep(0.5)
        stage.replica.proxy.cut_watches()


async def _thaw(stage: Stage) -> None:
    """What is frozen comes to life after half a minute: all at once, and late."""
    await asyncio.sleep(30)
    stage.replica.proxy.obey()


SCENARIOS = (
    watches(
        "frozen-pods",
        course=courses.CHAIN,
        what="from the second event on the watch of pods stands still",
        rules=(Rule(Freeze(), ("pods",), first=2),),
        quick=True,
    ),
    watches(
        "frozen-everything",
        course=courses.DIAMOND,
        what="from the third event on every watch stands still",
        rules=(Rule(Freeze(), first=3),),
        seconds=150,
    ),
    watches(
        "thawed",
        course=courses.RETRY,
        what="all watches stand still for half a minute, then everything comes at once",
        rules=(Rule(Freeze(), first=4),),
        harm=_thaw,
    ),
    watches(
        "late-pods",
        course=courses.FAN_OUT,
        what="what happens to pods is told a second late",
        rules=(Rule(Lag(1.0), ("pods",)),),
    ),
    watches(
        "late-jobs",
        course=courses.ROOM,
        what="what happens to Jobs and Steps is told half a second late",
        rules=(Rule(Lag(0.5), ("jobs", "steps")),),
    ),
    watches(
        "reordered",
        course=courses.DIAMOND,
        what="of two events the later comes first",
        rules=(Rule(Reorder(), WORK, every=2),),
        quick=True,
    ),
    watches("repeated", course=courses.UNDO, what="every event comes twice", rules=(Rule(Repeat()),)),
    watches(
        "lost-events",
        course=courses.RETRY,
        what="half of the events are lost",
        rules=(Rule(Lose(), chance=0.5),),
        seconds=200,
    ),
    watches(
        "lost-ends",
        course=courses.GANG,
        what="from the tenth on every event about a pod is lost",
        rules=(Rule(Lose(), ("pods",), first=10),),
        seconds=150,
    ),
    watches(
        "gone-in-stream",
        course=courses.FAN_OUT,
        what="every fifth event is an error instead, 410 Expired",
        rules=(Rule(Gone(), every=5),),
        quick=True,
    ),
    watches(
        "gone-at-once",
        course=courses.CHAIN,
        what="half of the watches are refused with 410",
        rules=(Rule(Answer(410, "Expired"), verbs=("watch",), chance=0.5),),
    ),
    watches(
        "error-in-stream",
        course=courses.CHAIN,
        what="every sixth event is an error instead, 500",
        rules=(Rule(Gone(500), every=6),),
    ),
    watches(
        "torn-lines",
        course=courses.DIAMOND,
        what="of every fourth event half a line comes, then the connection breaks",
        rules=(Rule(Tear(), every=4),),
    ),
    watches(
        "short-watches",
        course=courses.RETRY,
        what="every watch ends at its second event",
        rules=(Rule(End(), every=2),),
    ),
    watches(
        "refused-watches",
        course=courses.CHAIN,
        what="the first ten watches are refused with 500",
        rules=(Rule(Answer(500), verbs=("watch",), times=10),),
    ),
    watches(
        "cut-watches",
        course=courses.FAN_OUT,
        what="every half second all watches break",
        harm=_cut_often,
    ),
)
