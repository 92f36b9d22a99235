"""The gate: one pass of admission over everything that wants to start, whichever Pipeline it belongs to.

A pass is synchronous, so passes are serialised by themselves. What a pass lets through is held in the ledger at once,
until its Job is there or could not be created; so no two passes give away the same room. A pass is made only if
something has changed that it depends on: what is asked for, the ledger, what was learned, the turns of a plan, or the
time, as far as it matters.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager

from penstock.core.admission.admission import Admission, admit_lanes
from penstock.core.admission.asking import Asking, Waiting, Waits
from penstock.core.admission.capacity import Holding
from penstock.core.admission.demands import Demand
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.limits import NO_PLACES, Places
from penstock.core.admission.observed_capacity import JobHold
from penstock.core.admission.policies import Policy
from penstock.core.admission.turns import Turns
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Refusal
from penstock.core.waits import PATIENCE, Wait
from penstock.core.wording import Reader
from penstock.engine import clock, metrics
from penstock.engine.store import Key

SETTLE = 0.05
"""Seconds in which room that comes up is gathered before others are looked at."""

SHARE = 0.01
"""Of a core, for passes that changes of the ledger bring about: the longer one takes, the later comes the next."""

GRACE = 10.0
"""Seconds for which room is kept for a Pipeline that was told of it and does not come."""

AGEING = 60.0
"""Seconds after which a pass is made though nothing has happened: who waits grows older, who runs becomes overdue."""


class Gate:
    """Lets ready Steps through as far as there is room, in the policy's order.

    `wake` is called for those that room has come up for, or that wait for another reason, with the instant at which to
    look; `alarm` with the instant at which this is to look again. Both are seconds since 1970, as what `clock` says.
    """

    def __init__(
        self,
        ledger: Ledger,
        learned: Learned,
        policy: Policy,
        never_fits_fails: bool,
        wake: Callable[[Key, float], None],
        alarm: Callable[[float], None],
        clock: Callable[[], float] = clock.now,
    ) -> None:
        self.ledger = ledger
        self.learned = learned
        self.policy = policy
        self.turns = Turns({})
        self.alarm = alarm
        self.clock = clock
        self.never_fits_fails = never_fits_fails
        self.wake = wake
        self._asking: dict[Key, Asking] = {}
        self._news = True
        self._unanswered = False
        self._learned = 0
        self._turns = (self.turns, 0)
        self._due = float("inf")
        self._rested = 0.0
        ledger.changed = self._changed

    # --- what Pipelines ask for -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def admitted(
        self, key: Key, ready: Sequence[Ready], graph: Graph | None, taken: Places = NO_PLACES
    ) -> AsyncIterator[list[Ready]]:
        """Which of a Pipeline's ready Steps may start now, in the order in which they should.

        Their room is held until the end of the block: by then their Jobs are in the store, or could not be created.
        `taken`: the places that its Steps have of its own limits.
        """
        found = self.ask(key, ready, graph, taken)
        try:
            if ready:
                await asyncio.sleep(0)  # whoever else asks in this turn of the event loop is in the same pass
                if self._unanswered:
                    self.look()
                self.answered(key)
            yield found
        finally:
            self.answered(key)
            for one in found:
                self.ledger.drop_job(_hold(one))

    def ask(self, key: Key, ready: Sequence[Ready], graph: Graph | None, taken: Places = NO_PLACES) -> list[Ready]:
        """Takes note of what a Pipeline wants to start. The next pass puts into the list what may do so."""
        found: list[Ready] = []
        if not ready or graph is None:
            self.forget(key)
            return found
        asking = self._asking.setdefault(key, Asking())
        self._news |= asking.put(ready, graph, self.learned, taken, self.turns)
        asking.here = found
        self._unanswered = True
        return found

    def answered(self, key: Key) -> None:
        """Nobody waits for the next pass any more: who has room from now on is called."""
        if key in self._asking:
            self._asking[key].here = None

    def leave_out(self, key: Key) -> None:
        """The Pipeline cannot come for room now: until it asks again, what it asked for keeps nobody waiting."""
        if key in self._asking:
            self._asking[key].left_out = True
            self._changed()

    def forget(self, key: Key) -> None:
        """The Pipeline asks for nothing, or is gone."""
        if self._asking.pop(key, None):
            self._changed()

    def _changed(self) -> None:
        """There may be room for others now; what comes together is looked at together."""
        self._news = True
        if self._asking:
            self.alarm(max(self.clock() + SETTLE, self._rested))

    # --- what they are told ---------------------------------------------------------------------------------------

    def waits(self, key: Key) -> Mapping[str, Wait]:
        """Why the Steps of a Pipeline wait that the last pass did not let through, as far as it lasts; by uid."""
        asking = self._asking.get(key)
        return Waits(asking) if asking else {}

    def changes(self, key: Key) -> set[str]:
        """Paths of the Steps of which that is new, since this was asked last."""
        asking = self._asking.get(key)
        return asking.changes() if asking else set()

    def short_of(self, resources: Set[str]) -> Iterator[tuple[str, str, int]]:
        """Namespace and uid of each Step that waits for one of these resources, and how many pods it is to have."""
        for key, asking in self._asking.items():
            for one, like, _ in asking.waiting(lambda wait: not resources.isdisjoint(wait.short)):
                if like.shape:
                    yield key.namespace, one.step.uid, like.shape.replicas

    def unfit(self, key: Key) -> dict[str, Refusal]:
        """Attempts of a Pipeline that fit nowhere even when all is idle, by uid of their Step; none if they wait."""
        asking = self._asking.get(key)
        if asking is None or not self.never_fits_fails:
            return {}
        return {
            one.step.uid: Refusal(
                wait.words(Reader(key.namespace)),
                one.since,
                hopeless=True,
                purpose=one.purpose,
                run=one.facts.run,
                attempt=one.attempt,
            )
            for one, _, wait in asking.waiting(lambda wait: wait.reason is Reason.NEVER_FITS)
        }

    # --- passes ---------------------------------------------------------------------------------------------------

    def follow(self, turns: Turns) -> None:
        """From now on these turns of a plan hold, and no others."""
        self.turns = turns
        self.look()

    def look(self) -> None:
        """Makes a pass, unless nothing has changed since the last one."""
        now, turns = self.clock(), (self.turns, len(self.turns))
        if self.learned.version != self._learned:
            self._learned = self.learned.version
            for asking in self._asking.values():
                self._news |= asking.learn(self.learned, self.turns)
        if turns != self._turns:
            self._turns, self._news = turns, True
            for asking in self._asking.values():
                asking.turn(self.turns)
        if self._asking:
            if self._news or now >= self._due:
                began = time.thread_time()
                self._pass(now)
                self._rested = now + (time.thread_time() - began) / SHARE
            self.alarm(self._due)
        self._unanswered = False

    def _pass(self, now: float) -> None:
        self.alarm(now + AGEING)  # whatever becomes of this
        among = {key: asking for key, asking in self._asking.items() if not self._gone(asking, now)}
        lanes = [lane for asking in among.values() for lane in asking.lanes]
        taken = Places.of(asking.places for asking in among.values())
        with metrics.ADMISSIONS.time():
            found = admit_lanes(lanes, self.ledger.snapshot(), now, self.policy, taken)
        self._news = False
        self._tell(lanes, found, now)
        started: dict[Key, list[Demand]] = {}
        for one in found.admitted:
            started.setdefault(_key_of(one), []).append(one)
        for key, asking in among.items():
            self._let_through(key, asking, started.get(key, ()), found, now)
        due = [now + AGEING, *(one.at for one in found.reservations if one.at > now)]
        due += [asking.called + GRACE for asking in among.values() if asking.called is not None]
        due += [lane.told.due for lane in lanes if lane.waiting and lane.told and lane.told.due is not None]
        if found.wake_at is not None:  # who has started keeps nobody from the next turn any more
            due.append(now if len(self.turns) < self._turns[1] else found.wake_at)
        self._due = min(due)
        metrics.HELD_BACK.set(sum(len(one.keys) for one in found.refused if one.wait.reason is not Reason.PARALLELISM))

    def _gone(self, asking: Asking, now: float) -> bool:
        """Whether room is kept for it no longer, since it was called and does not come."""
        if asking.called is not None and asking.here is None and now - asking.called >= GRACE:
            asking.left_out = True
        return asking.left_out

    def _tell(self, lanes: Sequence[Waiting], found: Admission, now: float) -> None:
        """Has those looked at for whom another reason lasts, once it has been waited for long enough to say so."""
        for lane in lanes:
            lane.waiting = 0
        for one in found.refused:
            assert isinstance(one.lane, Waiting)
            if one.lane.refuse(one.wait, len(one.keys), now):
                at_once = self.never_fits_fails and one.wait.reason is Reason.NEVER_FITS
                first = one.lane.first
                self.wake(_key_of(first), now if at_once else max(now, first.since + PATIENCE))

    def _let_through(self, key: Key, asking: Asking, demands: Sequence[Demand], found: Admission, now: float) -> None:
        """Holds room for those that somebody waits for, and calls for the others."""
        if asking.here is None:
            asking.called = None if not demands else now if asking.called is None else min(asking.called, now)
            if demands:
                self.wake(key, now)
            return
        asking.called = None
        ready = asking.start(demands, found.nodes, now) if demands else []
        for demand, one in zip(demands, ready, strict=True):
            self._hold(demand, one, now)
            self.turns.over(demand.key)
        asking.here += ready

    def _hold(self, one: Demand, ready: Ready, now: float) -> None:
        if one.shape is None:
            return
        claims = (one.shape.claim,) if one.shape.claim else ()
        end = now + one.duration
        holding = Holding(one.owner, one.shape, None, now, end, charged=False, claims=claims, hint=ready.nodes)
        self.ledger.put_job(_hold(ready), JobHold(holding, one.shape.replicas))


def _key_of(one: Demand) -> Key:
    namespace, pipeline, path = one.key
    return Key(namespace, pipeline) if pipeline else Key(namespace, path, alone=True)


def _hold(ready: Ready) -> str:
    return f"{ready.step.uid}/{ready.purpose}/{ready.facts.run}/{ready.attempt}"
