"""Which of all ready Steps start now: one serialised pass over every demand and one snapshot of capacity. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.core.reasons import Reason
from penstock.core.scheduling import explain
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.causes import Behind, RanBefore, Turn
from penstock.core.scheduling.demands import Demand, Key
from penstock.core.scheduling.feasibility import feasibility
from penstock.core.scheduling.policies import CRITICAL_PATH, Policy
from penstock.core.scheduling.reservations import Reservation, reserve, shortage
from penstock.core.scheduling.room import Room
from penstock.core.scheduling.shapes import Shape
from penstock.core.scheduling.waits import Wait


@dataclass(frozen=True, slots=True)
class Admission:
    """The outcome of a pass: who starts, in order, and why everybody else waits.

    `wake_at`: when the next turn of a plan comes, if anything waits for one.
    `nodes`: where the pass assumed the pods of who starts (number by node), a hint for their placement.
    """

    admitted: tuple[Demand, ...] = ()
    waits: Mapping[Key, Wait] = field(default_factory=dict)
    nodes: Mapping[Key, Mapping[str, int]] = field(default_factory=dict)
    reservations: tuple[Reservation, ...] = ()
    wake_at: float | None = None


def admit(demands: Sequence[Demand], capacity: Capacity, now: float, policy: Policy = CRITICAL_PATH) -> Admission:
    """Admits demands in the policy's order as far as they fit.

    What does not fit gets a dated reservation, one for each scarce resource; others go ahead of it only if they end
    before it or leave it what it needs. The sum of what is held and admitted never exceeds the capacity.
    """
    ordered = sorted(demands, key=lambda demand: policy.order(demand, now))
    if capacity.unknown:
        return Admission(tuple(ordered))
    return _Pass(capacity, now, policy).run(ordered)


class _Pass:
    def __init__(self, capacity: Capacity, now: float, policy: Policy) -> None:
        self.capacity = capacity
        self.now = now
        self.policy = policy
        self.room = Room(capacity, now)
        self.start: Room | None = None
        self.blocked: dict[Shape, Wait] = {}
        self.shortest_refused: dict[Shape, tuple[float, Wait]] = {}
        self.short: set[tuple[str, str]] = set()
        self.reservations: list[Reservation] = []
        self.admitted: list[Demand] = []
        self.nodes: dict[Key, Mapping[str, int]] = {}

    def run(self, ordered: Sequence[Demand]) -> Admission:
        waits: dict[Key, Wait] = {}
        head: Demand | None = None
        turns: list[float] = []
        for demand in ordered:
            if self.policy.turns and demand.not_before > self.now:
                waits[demand.key] = self._not_yet(demand)
                turns.append(demand.not_before)
                continue
            wait = self._behind(head) if head else self._decide(demand)
            if wait is None:
                continue
            waits[demand.key] = wait
            if head is None and self.policy.strict and wait.reason is not Reason.NEVER_FITS:
                head = demand
        return Admission(tuple(self.admitted), waits, self.nodes, tuple(self.reservations), min(turns, default=None))

    def _behind(self, head: Demand) -> Wait:
        return Wait(Reason.OUTRANKED, self.now, lambda: Behind(head.owner))

    def _not_yet(self, demand: Demand) -> Wait:
        return Wait(Reason.PLANNED_LATER, self.now, lambda: Turn(demand.not_before))

    def _decide(self, demand: Demand) -> Wait | None:
        """Takes the room for the demand and returns None, or returns why it waits. Equal shapes wait alike."""
        shape = demand.shape
        wait = self.blocked.get(shape)
        if wait is not None:
            return self._forgiven(demand, wait)
        refused = self.shortest_refused.get(shape)
        if refused and demand.duration >= refused[0]:
            return refused[1]
        never = feasibility(self.capacity, shape).never
        if never is not None:
            wait = self.blocked[shape] = Wait(Reason.NEVER_FITS, self.now, lambda: never)
            return self._forgiven(demand, wait)
        end = self.now + demand.duration
        nodes = self.room.fit(shape, end)
        if nodes is not None:
            self.room.take(shape, nodes, end, demand.owner)
            self.admitted.append(demand)
            self.nodes[demand.key] = nodes
            return None
        if self.room.fit(shape, self.now) is not None:
            wait = Wait(Reason.RESERVED, self.now, lambda: explain.behind(self.room, shape))
            self.shortest_refused[shape] = demand.duration, wait
            return wait
        wait = self.blocked[shape] = self._no_room(demand)
        return wait

    def _forgiven(self, demand: Demand, wait: Wait) -> Wait:
        if wait.reason is Reason.NEVER_FITS and demand.fitted:
            return Wait(Reason.WAITING_FOR_RESOURCES, self.now, lambda: RanBefore(wait.cause))
        return wait

    def _no_room(self, demand: Demand) -> Wait:
        shape = demand.shape
        lacking = shortage(self.room, shape)
        reservation = None
        if lacking and not self.policy.strict and self.short.isdisjoint(lacking):
            reservation = reserve(self.room, shape, demand.owner)
            if reservation:
                self.short |= lacking
                self.reservations.append(reservation)
        names = tuple(sorted({name for name, _ in lacking}))
        full = next((pool for pool, charge in self.room.pools(shape) if not pool.fitting(charge, self.now)), None)
        if full:
            reason = Reason.QUOTA_EXCEEDED if full.quota else Reason.WAITING_FOR_RESOURCES
            return Wait(reason, self.now, lambda: explain.short_of_pool(self.room, shape), names)
        reason = Reason.OUTRANKED if self._fitted_at_first(shape) else Reason.WAITING_FOR_RESOURCES
        return Wait(reason, self.now, lambda: explain.short_of_room(self.room, shape, reservation), names)

    def _fitted_at_first(self, shape: Shape) -> bool:
        """Whether there was room before this pass gave it to others."""
        if not self.admitted:
            return False
        if self.start is None:
            self.start = Room(self.capacity, self.now)
        return self.start.fit(shape, self.now) is not None
