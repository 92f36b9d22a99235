"""The operator is killed: between any two of its writes, at named places, and at odd times."""

from __future__ import annotations

import asyncio
import random
from functools import partial

from tests.faults import courses
from tests.faults.rules import WRITES, Kill, Rule
from tests.faults.scenario import Course, Scenario
from tests.faults.stage import Stage

GRACE = 30.0
"""Seconds that a pod has to end, as kubelet gives them."""
crashes = partial(Scenario, group="crashes")


def at(name: str, course: Course, what: str, rule: Rule, quick: bool = False) -> Scenario:
    """Killed at a named place."""
    return crashes(name, course=course, what=f"killed {what}", rules=(rule,), quick=quick)


def before(resource: str, verb: str, nth: int = 1) -> Rule:
    """Before the nth such request is forwarded, once."""
    return Rule(Kill(), (resource,), (verb,), first=nth, last=nth)


def after(resource: str, verb: str, nth: int = 1) -> Rule:
    """When the nth such request was done, and not answered."""
    return Rule(Kill(after=True), (resource,), (verb,), first=nth, last=nth)


async def _kill_at_odd_times(stage: Stage) -> None:
    drawn = random.Random(stage.seed)
    for _ in range(5):
        await asyncio.sleep(drawn.uniform(1.0, 5.0))
        stage.replica.kill()


async def _terminate(stage: Stage) -> None:
    drawn = random.Random(stage.seed)
    for _ in range(4):
        await asyncio.sleep(drawn.uniform(2.0, 5.0))
        await asyncio.to_thread(stage.replica.operator.stop, GRACE)


SCENARIOS = (
    at("kill-before-revision", courses.CHAIN, "before the revision is kept", before("controllerrevisions", "create")),
    at("kill-after-revision", courses.CHAIN, "when the revision was kept", after("controllerrevisions", "create")),
    at("kill-at-first-step", courses.FAN_OUT, "when the first Step was created", after("steps", "create"), quick=True),
    at("kill-at-second-step", courses.COMPOSITE, "before the second Step is created", before("steps", "create", 2)),
    at("kill-before-job", courses.CHAIN, "before the second Job is created", before("jobs", "create", 2)),
    at("kill-after-job", courses.GANG, "when the gang's Job was created", after("jobs", "create", 2), quick=True),
    at("kill-after-service", courses.GANG, "when the gang's Service was created", after("services", "create")),
    at("kill-before-outcome", courses.RETRY, "before an outcome is written", before("steps/status", "update", 3)),
    at("kill-after-outcome", courses.DIAMOND, "when an outcome was written", after("steps/status", "update", 2)),
    at("kill-in-undo", courses.UNDO, "when the first undo's Job was created", after("jobs", "create", 4), quick=True),
    at(
        "kill-in-undo-status",
        courses.UNDO,
        "before the end of the undo is written",
        before("steps/status", "update", 6),
    ),
    at("kill-in-approval", courses.APPROVAL, "before an approval is taken off", before("steps", "patch")),
    at("kill-after-approval", courses.APPROVAL, "when an approval was taken off", after("steps", "patch")),
    at("kill-in-edit", courses.EDIT, "when the edited Step was written", after("steps", "patch")),
    at("kill-in-replacement", courses.REPLACED, "when the old Job was deleted", after("jobs", "delete")),
    at("kill-in-rerun", courses.RERUN, "when the rerun's first Job was created", after("jobs", "create", 4)),
    at("kill-in-cancel", courses.CANCEL, "when the running Job was deleted", after("jobs", "delete")),
    at("kill-in-room", courses.ROOM, "when the third Job was created", after("jobs", "create", 3)),
    at("kill-in-backfill", courses.BACKFILL, "when a tick's Pipeline was created", after("pipelines", "create", 2)),
    at("kill-in-finally", courses.FAILURE, "when the Job of finally was created", after("jobs", "create", 3)),
    crashes(
        "kill-at-every-third-write",
        course=courses.DIAMOND,
        what="killed when every third write was done, until all is done",
        rules=(Rule(Kill(after=True), ("steps", "jobs", "steps/status", "pipelines/status"), WRITES, every=3),),
        seconds=240,
    ),
    crashes(
        "kill-at-odd-times",
        course=courses.CROWD,
        what="killed five times, one to five seconds apart",
        harm=_kill_at_odd_times,
        seconds=150,
    ),
    crashes(
        "terminated",
        course=courses.WIDE,
        what="asked to end four times, two to five seconds apart",
        harm=_terminate,
        seconds=150,
        exits=(0,),
    ),
)
