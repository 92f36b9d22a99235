"""The gate: one pass of admission over everything that wants to start, whichever Pipeline it belongs to.

A pass is synchronous, so passes are serialised by themselves. What a pass lets through is held in the ledger at once,
until its Job is there or could not be created; so no two passes give away the same room.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from penstock.core.graph import Graph
from penstock.core.observed import Refusal
from penstock.core.reasons import Reason
from penstock.core.runs import Ready
from penstock.core.scheduling.admission import admit
from penstock.core.scheduling.capacity import Capacity, Holding
from penstock.core.scheduling.demands import Demand, demand
from penstock.core.scheduling.demands import Key as DemandKey
from penstock.core.scheduling.lasting import Lasting
from penstock.core.scheduling.learned import Learned
from penstock.core.scheduling.ledger import Ledger
from penstock.core.scheduling.observed_capacity import JobHold
from penstock.core.scheduling.policies import Policy
from penstock.core.scheduling.turns import Turns
from penstock.core.scheduling.waits import Wait
from penstock.core.scheduling.wording import Reader
from penstock.shell import metrics
from penstock.shell.store import Key

SETTLE = 0.05
"""Seconds in which room that comes up is gathered before others are looked at."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What one Pipeline wants to start: its ready Steps with their demands, in the same order."""

    ready: tuple[Ready, ...]
    demands: tuple[Demand, ...]

    def without(self, keys: Collection[DemandKey]) -> "Asking":
        """The rest, once some were let through."""
        kept = [(one, ready) for one, ready in _pairs(self) if one.key not in keys]
        return Asking(tuple(ready for _, ready in kept), tuple(one for one, _ in kept))


NOTHING = Asking((), ())


class Gate:
    """Lets ready Steps through as far as there is room, in the policy's order.

    `wake` is called for those that room has come up for; `alarm` with the instant (seconds since 1970) at which to
    look again.
    """

    def __init__(
        self,
        ledger: Ledger,
        learned: Learned,
        policy: Policy,
        never_fits_fails: bool,
        wake: Callable[[Key], None],
        alarm: Callable[[float], None],
    ) -> None:
        self.ledger = ledger
        self.learned = learned
        self.policy = policy
        self.turns = Turns({})
        self.alarm = alarm
        self.never_fits_fails = never_fits_fails
        self.wake = wake
        self._looked_at: Capacity | None = None
        self._asking: dict[Key, Asking] = {}
        self._waits: dict[Key, dict[str, Wait]] = {}
        self._lasting = Lasting()

    def ask(self, key: Key, ready: Sequence[Ready], graph: Graph | None, now: float) -> list[Ready]:
        """Which of a Pipeline's ready Steps may start now, in the order in which they should."""
        asking = self._ask(ready, graph)
        if asking.ready:
            self._asking[key] = asking
        else:
            self.forget(key)
            if not ready:
                self._others(now)
                return []
        free = [one for one in ready if graph is not None and graph.settings.queue_name]
        return free + self._pass(key, now)

    def _ask(self, ready: Sequence[Ready], graph: Graph | None) -> Asking:
        if graph is None or graph.settings.queue_name:
            return NOTHING
        demands = tuple(demand(one, graph, self.learned) for one in ready)
        return Asking(tuple(ready), demands)

    def _others(self, now: float) -> None:
        """A Pipeline that asks for nothing may have left room to those that wait."""
        if self._asking and self.ledger.snapshot() is not self._looked_at:
            self.alarm(now + SETTLE)

    def waits(self, key: Key) -> Mapping[str, Wait]:
        """Why the Steps of a Pipeline wait that the last pass did not let through, as far as it lasts; by uid."""
        return self._waits.get(key, {})

    def short_of(self, resources: Set[str]) -> Iterator[tuple[str, str, int]]:
        """Namespace and uid of each Step that waits for one of these resources, and how many pods it is to have."""
        for key, asking in self._asking.items():
            waits = self._waits.get(key, {})
            for one, ready in _pairs(asking):
                wait = waits.get(ready.step.uid)
                if wait and not resources.isdisjoint(wait.short):
                    yield key.namespace, ready.step.uid, one.shape.replicas

    def unfit(self, key: Key) -> dict[str, Refusal]:
        """Attempts of a Pipeline that fit nowhere even when all is idle, by uid of their Step; none if they wait."""
        never = {uid: wait for uid, wait in self.waits(key).items() if wait.reason is Reason.NEVER_FITS}
        asking = self._asking.get(key, NOTHING).ready if never and self.never_fits_fails else ()
        reader = Reader(key.namespace)
        return {one.step.uid: _unfit(one, never[one.step.uid].words(reader)) for one in asking if one.step.uid in never}

    def look_again(self, now: float) -> None:
        """Capacity changed by itself: wakes the Pipelines that have room now."""
        if self._asking:
            self._pass(None, now)

    def follow(self, turns: Turns, now: float) -> None:
        """From now on these turns of a plan hold, and no others."""
        self.turns = turns
        self.look_again(now)

    def forget(self, key: Key) -> None:
        """The Pipeline is gone, or asks for nothing."""
        self._asking.pop(key, None)
        self._lasting.forget(self._waits.pop(key, ()))

    def release(self, ready: Ready) -> None:
        """The Job of a Step that was let through is in the store, or could not be created."""
        self.ledger.drop_job(_hold(ready))

    def _pass(self, asked: Key | None, now: float) -> list[Ready]:
        """Admits over all that is asked for; returns what may start of the one that asked, and holds room for it."""
        owners = {one.key: (key, ready) for key, asking in self._asking.items() for one, ready in _pairs(asking)}
        demands = self.turns.assign(one for asking in self._asking.values() for one in asking.demands)
        with metrics.ADMISSIONS.time():
            self._looked_at = self.ledger.snapshot()
            found = admit(demands, self._looked_at, now, self.policy)
        granted: list[Ready] = []
        for one in found.admitted:
            key, ready = owners[one.key]
            if key == asked:
                ready = replace(ready, estimate=one.duration, nodes=tuple(found.nodes.get(one.key, ())))
                granted.append(ready)
                self._hold(one, ready, now)
                self.turns.over(one.key)
            else:
                self.wake(key)
        if found.wake_at is not None:
            self.alarm(now if granted else found.wake_at)  # who has started keeps nobody from the next turn any more
        if asked is not None:
            self._asking[asked] = self._asking.get(asked, NOTHING).without({one.key for one in found.admitted})
        told = self._lasting.take({owners[at][1].step.uid: wait for at, wait in found.waits.items()}, now)
        self._waits = {}
        for at in found.waits:
            key, ready = owners[at]
            self._waits.setdefault(key, {})[ready.step.uid] = told[ready.step.uid]
        metrics.HELD_BACK.set(len(found.waits))
        return granted

    def _hold(self, one: Demand, ready: Ready, now: float) -> None:
        claims = (one.shape.claim,) if one.shape.claim else ()
        end = now + one.duration
        holding = Holding(one.owner, one.shape, None, now, end, charged=False, claims=claims, hint=ready.nodes)
        self.ledger.put_job(_hold(ready), JobHold(holding, one.shape.replicas))


def _unfit(one: Ready, words: str) -> Refusal:
    run, attempt = one.facts.run, one.attempt
    return Refusal(words, one.since, hopeless=True, purpose=one.purpose, run=run, attempt=attempt)


def _pairs(asking: Asking) -> zip:  # type: ignore[type-arg]
    return zip(asking.demands, asking.ready, strict=True)


def _hold(ready: Ready) -> str:
    return f"{ready.step.uid}/{ready.purpose}/{ready.facts.run}/{ready.attempt}"
