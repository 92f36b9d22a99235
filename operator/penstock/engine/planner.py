"""Planned passes: whenever another Pipeline begins or one is edited, a better order is looked for, off the event loop.

Nothing waits for it: what is ready starts meanwhile as the dispatch rule says.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from penstock.api.step import StepPhase
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.turns import Turns
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.planned_pass import MOST_STEPS, prepared, worth_planning
from penstock.core.foresight.simulate import turns
from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.plan import Plan
from penstock.core.pipeline.tally import Tally
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


@dataclass(slots=True)
class _Seen:
    """How a Pipeline stood when it was seen last; what is seen of its objects, and the tally, are as they are now.

    `instances`: how many there were. `started`: paths of Steps that were let through since: they hold room, though no
    snapshot shows it yet.
    """

    observed: Observed
    tally: Tally
    instances: int
    started: set[str] = field(default_factory=set)

    @property
    def verdicts(self) -> list[tuple[Node, Verdict]]:
        return [
            (node, replace(verdict, phase=StepPhase.RUNNING) if node.path in self.started else verdict)
            for node, verdict in self.tally.ordered()
        ]


class Planner:
    """Keeps the gate's turns up to date."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._seen: dict[Key, _Seen] = {}
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
            self._seen.pop(key, None)
            new = key not in self._too_large
            self._too_large.add(key)
        else:
            self._too_large.discard(key)
            known, instances = self._seen.get(key), plan.tally.count(lambda kind: True)
            self._seen[key] = _Seen(observed, plan.tally, instances)
            self._note(key, plan.tally)
            # Instances come when their list is known.
            new = known is None or known.observed.graph is not observed.graph or known.instances != instances
        if new:
            self._begin()

    def _begin(self) -> None:
        self._stale = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work(), name="planned passes")

    def started(self, key: Key, ready: Sequence[Ready]) -> None:
        """These Steps were let through: they hold room, though no snapshot shows it yet."""
        if ready and key in self._seen:
            self._seen[key].started.update(one.node.path for one in ready)

    def forget(self, key: Key) -> None:
        """The Pipeline has ended or is gone."""
        self._seen.pop(key, None)
        self._note(key, Tally())
        if key in self._too_large:  # which kept the others from being planned
            self._too_large.discard(key)
            self._begin()

    def _note(self, key: Key, tally: Tally) -> None:
        before = len(self.gate.turns)
        if before:
            self.gate.turns.note(key[:2], tally.each())
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
        planned = tuple(self._seen)
        begun = [(one.observed, one.verdicts) for one in self._seen.values()] if not self._too_large else []
        load = worth_planning(begun, self.gate.learned, now) if begun else None
        took = time.thread_time() - began
        found = Turns({})
        if load is not None:
            made, beside = await asyncio.to_thread(_planned, load, self.gate.ledger.snapshot(), now)
            took += beside
            metrics.PLANNED.observe(took)
            found = turns(made, now)
            for key in planned:
                found.note(key[:2], self._seen[key].verdicts if key in self._seen else ())
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
