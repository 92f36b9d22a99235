"""Planned passes: whenever another Pipeline begins or one is edited, a better order is looked for, off the event loop.

Nothing waits for it: what is ready starts meanwhile as the dispatch rule says.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from penstock.api.step import StepPhase
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.turns import Turns
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.planned_pass import MOST_STEPS, Course, prepared, worth_planning
from penstock.core.foresight.simulate import turns
from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.plan import Plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Observed
from penstock.engine import clock, metrics
from penstock.engine.gate import Gate
from penstock.engine.store import Key

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

    def see(self, key: Key, observed: Observed, plan: Plan) -> None:
        """Takes note of how a Pipeline stands."""
        if not self.gate.policy.turns:
            return
        if plan.finished or observed.graph is None or observed.problems or observed.pipeline.deleting:
            self.forget(key)
            return
        if plan.begins:
            return  # a spec is only taken up; how the Steps stand by it comes with the next plan
        if plan.tally.count(lambda kind: not kind.ended) > MOST_STEPS:
            self._courses.pop(key, None)
            new = key not in self._too_large
            self._too_large.add(key)
        else:
            self._too_large.discard(key)
            known, verdicts = self._courses.get(key), plan.verdicts
            self._courses[key] = (observed, verdicts)
            self._note(key, verdicts)
            # Instances come when their list is known.
            new = known is None or known[0].graph is not observed.graph or len(known[1]) != len(verdicts)
        if new:
            self._begin()

    def _begin(self) -> None:
        self._stale = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work(), name="planned passes")

    def started(self, key: Key, ready: Sequence[Ready]) -> None:
        """These Steps were let through: they hold room, though no snapshot shows it yet."""
        course = self._courses.get(key)
        if course and ready:
            paths = {one.node.path for one in ready}
            self._courses[key] = (
                course[0],
                [
                    (node, replace(verdict, phase=StepPhase.RUNNING) if node.path in paths else verdict)
                    for node, verdict in course[1]
                ],
            )

    def forget(self, key: Key) -> None:
        """The Pipeline has ended or is gone."""
        self._courses.pop(key, None)
        self._note(key, ())
        if key in self._too_large:  # which kept the others from being planned
            self._too_large.discard(key)
            self._begin()

    def _note(self, key: Key, verdicts: Sequence[tuple[Node, Verdict]]) -> None:
        before = len(self.gate.turns)
        self.gate.turns.note(key[:2], verdicts)
        if len(self.gate.turns) < before:  # others may have waited for that
            self.gate.look()

    async def _work(self) -> None:
        while self._stale:
            self._stale = False
            try:
                took = await self.make_pass()
            except Exception:
                log.exception("a planned pass failed; the dispatch rule holds until the next one")
                metrics.FAILURES.inc()
                self._follow(Turns({}))
                took = BUDGET
            await asyncio.sleep(took / SHARE)

    async def make_pass(self) -> float:
        """Makes a planned pass and has the gate follow it. Returns the seconds of processor time that it took."""
        now, began = clock.now(), time.thread_time()
        planned = tuple(self._courses)
        load = None if self._too_large else worth_planning(self._courses.values(), self.gate.learned, now)
        took = time.thread_time() - began
        found = Turns({})
        if load is not None:
            made, beside = await asyncio.to_thread(_planned, load, self.gate.ledger.snapshot(), now)
            took += beside
            metrics.PLANNED.observe(took)
            found = turns(made, now)
            for key in planned:
                found.note(key[:2], self._courses[key][1] if key in self._courses else ())
            log.debug("planned pass", steps=len(load.activities), turns=len(found), seconds=took)
        self._follow(found)
        return took

    def _follow(self, found: Turns) -> None:
        if found or self.gate.turns:
            self.gate.follow(found)


def _planned(load: Workload, capacity: Capacity, now: float) -> tuple[Workload, float]:
    began = time.thread_time()

    def go_on() -> bool:
        return time.thread_time() - began < BUDGET

    made = prepared(load, capacity, now, least_gain=LEAST_GAIN, go_on=go_on)
    return made, time.thread_time() - began
