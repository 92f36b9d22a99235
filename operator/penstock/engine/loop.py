"""The loop: whatever is woken is observed, planned and applied until its plan is settled.

A plan that is not settled is asked for again only if what is known has changed by what was written, and never before
the event loop had a turn. One Pipeline is never planned twice at the same time, nor on a plan that is half applied;
others go on meanwhile. After a plan that was not cheap a Pipeline rests (see engine/rest.py); who asks for something
by an edit or a decision waits for no rest.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import PipelineView
from penstock.engine import clock, metrics
from penstock.engine.apply import Applier, Outcome, mere_progress
from penstock.engine.client import Refused, Unreachable
from penstock.engine.gate import Gate
from penstock.engine.observe import Observer, Snapshot
from penstock.engine.planner import Planner
from penstock.engine.rest import Lately, rest
from penstock.engine.schedules import Schedules
from penstock.engine.store import Key

log = structlog.get_logger(__name__)

T = TypeVar("T")

STATUS_SECONDS = 1.0
"""Between two writes of a Pipeline's status that only tell of progress."""
CHEAP = 0.005
"""Seconds of processor time for a plan after which no rest is needed."""
LARGE = 400
"""Steps beyond which plans are made in another thread, so that the event loop keeps turning."""
SOON = 0.1
LEAST_WRITING = 0.5
BRISK, QUICK = 20, 0.1
"""After so many passes in a row over one key, each takes at least so many seconds: somebody undoes what is done."""
LONGEST_ALARM = 60.0
"""Seconds after which an alarm compares the clocks: the time of day may have been set meanwhile."""
SETTLING = 6.0
"""Seconds after a start in which its pod should have been heard of."""
LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class _Turn:
    """How it stands with one key. Times are of the loop's clock, but `wake_at`, which is seconds since 1970.

    `ring_at` is the same instant by the loop's clock: an alarm rings when either clock says so. `not_before` is kept
    after a pass that failed, `rests_until` unless somebody `asked` for something.
    """

    running: bool = False
    again: bool = False
    asked: bool = False
    not_before: float = 0.0
    rests_until: float = 0.0
    taken: Lately = field(default_factory=Lately)
    timer: asyncio.TimerHandle | None = None
    wake_at: float | None = None
    ring_at: float = 0.0
    status_at: float = -math.inf
    failures: int = 0
    course: Course | None = None
    finished_pod: float | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def due(self) -> float:
        """When it may be looked at again."""
        return self.not_before if self.asked else max(self.not_before, self.rests_until)


class Loop:
    """Keeps every Pipeline, every Step that stands alone and every PipelineSchedule as its manifest wants it."""

    def __init__(
        self, observer: Observer, applier: Applier, gate: Gate, schedules: Schedules, planner: Planner
    ) -> None:
        self.observer = observer
        self.schedules = schedules
        self.applier = applier
        self.gate = gate
        self.planner = planner
        self._turns: dict[Key, _Turn] = {}
        self._started = False
        self._working = 0
        self._taken = Lately()

    def start(self) -> None:
        """Everything that was known at first is known: begins to act."""
        self._started = True
        for key in self._turns.keys() | set(self.observer.store.keys()):
            self.wake(key)

    def stop(self) -> None:
        """Begins nothing any more, and leaves off what it is at."""
        self._started = False
        for turn in self._turns.values():
            self._disarm(turn)
            for task in turn.tasks:
                task.cancel()

    def wake(self, key: Key, asked: bool = False) -> None:
        """Something about it changed, or somebody `asked` for something: look again, as soon as may be."""
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = _Turn()
        turn.asked |= asked
        if turn.running:
            turn.again = True
        elif self._started:
            left = turn.due() - asyncio.get_running_loop().time()
            if left <= 0:
                self._begin(key, turn)
            else:
                self._wake_at(key, turn, clock.now() + left)

    def wake_soon(self, key: Key) -> None:
        """Something about it changed that nothing waits for: look again shortly, when there may be more to see."""
        turn = self._turns.setdefault(key, _Turn())
        if self._started and not turn.running:
            self._wake_at(key, turn, clock.now() + SOON)
        else:
            turn.again = True

    def wake_at(self, key: Key, at: float) -> None:
        """Look at it at that instant (seconds since 1970), if not before."""
        if at <= clock.now():
            self.wake(key)
        elif self._started:
            self._wake_at(key, self._turns.setdefault(key, _Turn()), at)

    def pod_finished(self, key: Key) -> None:
        """A pod of it was seen to have succeeded: the time until the next Job is measured."""
        turn = self._turns.get(key)
        if turn and turn.finished_pod is None:
            turn.finished_pod = time.monotonic()

    def _wake_at(self, key: Key, turn: _Turn, at: float | None) -> None:
        """Sets the alarm, unless it is to ring earlier anyway."""
        if at is None or (turn.wake_at is not None and turn.wake_at <= at):
            return
        self._disarm(turn)
        turn.wake_at = at
        turn.ring_at = asyncio.get_running_loop().time() + max(0.0, at - clock.now())
        self._arm(key, turn)

    def _arm(self, key: Key, turn: _Turn) -> None:
        loop = asyncio.get_running_loop()
        turn.timer = loop.call_at(min(turn.ring_at, loop.time() + LONGEST_ALARM), self._ring, key, turn)

    def _ring(self, key: Key, turn: _Turn) -> None:
        if turn.wake_at is not None and asyncio.get_running_loop().time() < turn.ring_at and clock.now() < turn.wake_at:
            self._arm(key, turn)
            return
        turn.timer = turn.wake_at = None
        if self._turns.get(key) is turn:
            self.wake(key)

    @staticmethod
    def _disarm(turn: _Turn) -> None:
        if turn.timer:
            turn.timer.cancel()
        turn.timer = turn.wake_at = None

    def _begin(self, key: Key, turn: _Turn) -> None:
        turn.running = True
        self._disarm(turn)
        task = asyncio.get_running_loop().create_task(
            self._turn(key, turn), name=f"pass over {key.namespace}/{key.name}"
        )
        turn.tasks.add(task)
        task.add_done_callback(turn.tasks.discard)

    async def _turn(self, key: Key, turn: _Turn) -> None:
        self._working += 1
        metrics.WORKING.set(self._working)
        known, passes, loop = True, 0, asyncio.get_running_loop()
        try:
            while known:
                turn.again = turn.asked = False
                passes, began = passes + 1, loop.time()
                known, more = await self._guarded(key, turn)
                if not (more or turn.again) or turn.due() > loop.time():
                    turn.again |= more
                    break
                await asyncio.sleep(0 if passes < BRISK else max(0.0, began + QUICK - loop.time()))
        finally:
            self._working -= 1
            metrics.WORKING.set(self._working)
            turn.running = False
        if not known and not turn.again:
            self._disarm(turn)
            self._turns.pop(key, None)
        elif turn.again:
            self.wake(key)
        metrics.WAITING.set(len(self._turns) - self._working)

    async def _guarded(self, key: Key, turn: _Turn) -> tuple[bool, bool]:
        """One pass; an error in it is told, and the pass repeated after a pause that grows."""
        try:
            with metrics.PASSES.time():
                known, outcome = await self._pass(key, turn)
        except (Refused, Unreachable) as error:
            known, outcome = True, Outcome(errors=[error])
            await self._tell(key, f"the operator cannot read what it must know of it: {error}")
        except Exception as error:
            log.exception("a pass failed", namespace=key.namespace, name=key.name)
            known, outcome = True, Outcome(errors=[error])
            turn.course = None  # whatever it was, the next plan is of everything
            await self._tell(key, f"the operator cannot plan it: {type(error).__name__}: {error}")
        if not outcome.errors:
            turn.failures = 0
            return known, outcome.again
        self.gate.leave_out(key)
        metrics.FAILURES.inc()
        turn.failures += 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** min(turn.failures, 10))
        turn.not_before = asyncio.get_running_loop().time() + pause
        words = str(outcome.errors[0])
        log.warning("it is tried again", namespace=key.namespace, name=key.name, error=words, again_in=pause)
        return known, True

    async def _tell(self, key: Key, words: str) -> None:
        """Says in an object's status that it cannot be planned."""
        store = self.observer.store
        view = None if key.schedule else store.step(key) if key.alone else store.pipeline(key)
        if view:
            try:
                await self.applier.tell(view, words)
            except Exception:
                log.exception("it cannot be told", namespace=key.namespace, name=key.name)

    async def _pass(self, key: Key, turn: _Turn) -> tuple[bool, Outcome]:
        if key.schedule:
            found = await self.schedules.work(key)
            self._wake_at(key, turn, found.wake_at)
            for created in found.created:
                self.wake(created)
            return found.known, found.outcome
        snapshot = await self.observer.snapshot(key)
        if snapshot is None:
            self.observer.graphs.release(key)
            self.observer.store.doubt(key)
            self.gate.forget(key)
            self.planner.forget(key)
            self.applier.setbacks.forget(key)
            return False, Outcome()
        plan, took = await self._plan(turn, snapshot)
        metrics.PLANS.observe(took)
        self._rest(turn, took)
        self._wake_at(key, turn, plan.wake_at)
        if isinstance(snapshot.observed, Observed):
            self.planner.see(key, snapshot.observed, plan)
        plan = self._hold_back(key, turn, snapshot, plan)
        due = self._due(key, turn, plan)
        async with self.gate.admitted(key, due, snapshot.graph, plan.places) as ready:
            self.planner.started(key, ready)
            for one in ready:  # there will be a Job, or why there is none
                self.observer.store.touch(one.step.uid)
            outcome = await self._carry_out(key, turn, snapshot, plan, ready, max(LEAST_WRITING, 3 * took))
        outcome.again |= bool(self.gate.unfit(key).items() - snapshot.unfit.items())  # the next plan knows
        return True, outcome

    async def _plan(self, turn: _Turn, snapshot: Snapshot) -> tuple[Plan, float]:
        """The plan, and the processor time that it took: on a busy machine the clock tells more about others."""
        course, turn.course = turn.course, None  # if this fails, the next one is of everything
        found, took = _timed(lambda: snapshot.advance(course))
        if found is None:
            large = snapshot.size > LARGE
            whole, more = await asyncio.to_thread(_timed, snapshot.copy().plan) if large else _timed(snapshot.plan)
            found, took = whole, took + more
        turn.course = None if found.finished else found.course
        return found, took

    def _rest(self, turn: _Turn, took: float) -> None:
        """A plan took so many seconds of processor time: the Pipeline rests the longer, the more others take."""
        now = asyncio.get_running_loop().time()
        others = self._taken.share(now) - turn.taken.share(now)
        for taken in (self._taken, turn.taken):
            taken.add(took, now)
        turn.rests_until = now + rest(took, others) if took > CHEAP else now

    async def _carry_out(
        self, key: Key, turn: _Turn, snapshot: Snapshot, plan: Plan, ready: list[Ready], seconds: float
    ) -> Outcome:
        outcome = Outcome()
        if plan.acts or ready:
            outcome = await self.applier.apply(key, snapshot, plan, ready, seconds)
            if outcome.wrote_status:
                turn.status_at = asyncio.get_running_loop().time()
                if snapshot.pipeline and (schedule := self.observer.store.schedule_of(snapshot.pipeline)):
                    self.wake(schedule)
            self._wake_at(key, turn, outcome.wake_at)
            if outcome.started:
                self._wake_at(key, turn, clock.now() + SETTLING)
                self._measure_hop(turn)
        if plan.finished:
            self.observer.graphs.release(key)
            self.observer.store.doubt(key)
        if not ready:
            turn.finished_pod = None
        return outcome

    def _due(self, key: Key, turn: _Turn, plan: Plan) -> list[Ready]:
        """Steps that may start now if there is room: those whose last try was not too short a time ago."""
        if not self.applier.hindered(key):
            return plan.ready
        now, due = clock.now(), []
        for one in plan.ready:
            at = self.applier.not_before(key, one)
            if at <= now:
                due.append(one)
            else:
                self._wake_at(key, turn, at)
        return due

    def _hold_back(self, key: Key, turn: _Turn, snapshot: Snapshot, plan: Plan) -> Plan:
        """The plan without a Pipeline status that only tells of progress, if the last one is not old enough."""
        status, pipeline = plan.pipeline_status, snapshot.pipeline
        rest = turn.status_at + STATUS_SECONDS - asyncio.get_running_loop().time()
        if status and pipeline and rest > 0 and _waits(pipeline, status):
            self._wake_at(key, turn, clock.now() + rest)
            return replace(plan, pipeline_status=None)
        return plan

    @staticmethod
    def _measure_hop(turn: _Turn) -> None:
        if turn.finished_pod is not None:
            metrics.HOPS.observe(time.monotonic() - turn.finished_pod)
            turn.finished_pod = None


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.thread_time()
    return work(), time.thread_time() - began


def _waits(pipeline: PipelineView, status: dict[str, object]) -> bool:
    return mere_progress(dict(pipeline.status), status)
