"""Planned passes: whenever another Pipeline begins or one is edited, a better order is looked for, off the event loop.

Nothing waits for it: what is ready starts meanwhile as the dispatch rule says.
"""

import asyncio
import time

import structlog

from penstock.core.observed import Observed
from penstock.core.plan import Plan
from penstock.core.scheduling.activities import Workload
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.planned_pass import MOST_STEPS, Course, prepared, worth_planning
from penstock.core.scheduling.simulate import turns
from penstock.core.scheduling.turns import Turns
from penstock.shell import metrics
from penstock.shell.gate import Gate
from penstock.shell.store import Key

log = structlog.get_logger(__name__)

BUDGET = 0.5
"""Seconds of processor time within which further tries are begun."""

LEAST_GAIN = 1.0
"""Seconds that a plan must save."""

SHARE = 0.05
"""Of a core, for planned passes."""


class Planner:
    """Keeps the gate's turns up to date."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._courses: dict[Key, Course] = {}
        self._too_large: set[Key] = set()
        self._task: asyncio.Task[None] | None = None
        self._stale = False
        self._busy = False

    @property
    def idle(self) -> bool:
        """Whether no planned pass is being made or due."""
        return not (self._stale or self._busy)

    def see(self, key: Key, observed: Observed, plan: Plan) -> None:
        """Takes note of how a Pipeline stands."""
        if not self.gate.policy.turns:
            return
        if plan.finished or observed.graph is None:
            self.forget(key)
            return
        if sum(not verdict.ended for _, verdict in plan.verdicts) > MOST_STEPS:
            self._courses.pop(key, None)
            new = key not in self._too_large
            self._too_large.add(key)
        else:
            self._too_large.discard(key)
            known = self._courses.get(key)
            self._courses[key] = (observed, plan.verdicts)
            self.gate.turns.note(key[:2], plan.verdicts)
            new = known is None or known[0].graph is not observed.graph
        if new:
            self._stale = True
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._work(), name="planned passes")

    def forget(self, key: Key) -> None:
        """The Pipeline has ended or is gone."""
        self._courses.pop(key, None)
        self._too_large.discard(key)

    async def _work(self) -> None:
        while self._stale:
            self._stale, self._busy = False, True
            now, took = time.time(), 0.0
            load = None if self._too_large else worth_planning(self._courses.values(), self.gate.learned)
            found = Turns({})
            if load is not None:
                capacity = self.gate.ledger.snapshot()
                made, took = await asyncio.to_thread(_planned, load, capacity, now)
                metrics.PLANNED.observe(took)
                found = turns(made, now)
            for key, (_, verdicts) in self._courses.items():
                found.note(key[:2], verdicts)
            self.gate.follow(found, time.time())
            log.debug("planned pass", steps=len(load.activities) if load else 0, turns=len(found), seconds=took)
            self._busy = False
            await asyncio.sleep(took / SHARE)


def _planned(load: Workload, capacity: Capacity, now: float) -> tuple[Workload, float]:
    began = time.thread_time()

    def go_on() -> bool:
        return time.thread_time() - began < BUDGET

    made = prepared(load, capacity, now, least_gain=LEAST_GAIN, go_on=go_on)
    return made, time.thread_time() - began
