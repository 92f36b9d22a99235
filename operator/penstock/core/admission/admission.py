"""Which of all ready Steps start now: one serialised pass over every demand and one snapshot of capacity. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import heapify, heappop, heapreplace

from penstock.core.admission import explain
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Demand, Key
from penstock.core.admission.feasibility import feasibility
from penstock.core.admission.lanes import Lane, Lanes
from penstock.core.admission.limits import NO_PLACES, Bound, Limit, Places
from penstock.core.admission.policies import CRITICAL_PATH, Policy
from penstock.core.admission.reservations import Reservation, reserve, shortage
from penstock.core.admission.room import Room
from penstock.core.admission.shapes import Shape
from penstock.core.causes import Behind, Kept, RanBefore, Turn
from penstock.core.reasons import Reason
from penstock.core.waits import Wait

_OVERTAKEN = frozenset({Reason.NEVER_FITS, Reason.PARALLELISM, Reason.PLANNED_LATER})
"""Reasons to wait that hold up nobody else, whatever the policy."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Demands of a lane, its last ones, that wait for one reason."""

    lane: Lane
    keys: Sequence[Key]
    wait: Wait


@dataclass(frozen=True)
class Admission:
    """The outcome of a pass: who starts, in order, and why everybody else waits.

    `wake_at`: when the next turn of a plan comes, if anything waits for one.
    `nodes`: where the pass assumed the pods of who starts (number by node), a hint for their placement.
    """

    admitted: tuple[Demand, ...] = ()
    refused: tuple[Refused, ...] = ()
    nodes: Mapping[Key, Mapping[str, int]] = field(default_factory=dict)
    reservations: tuple[Reservation, ...] = ()
    wake_at: float | None = None

    @cached_property
    def waits(self) -> Mapping[Key, Wait]:
        """Why each of those waits that do not start."""
        return {key: one.wait for one in self.refused for key in one.keys}


def admit(
    demands: Iterable[Demand],
    capacity: Capacity,
    now: float,
    policy: Policy = CRITICAL_PATH,
    taken: Places = NO_PLACES,
) -> Admission:
    """Admits demands in the policy's order as far as they fit and the limits of their Pipelines allow. `taken`: the
    places of these limits that are taken already.

    What does not fit gets a dated reservation, one for each scarce resource, and keeps its place for it; others go
    ahead of it only if they end before it or leave it what it needs. The sum of what is held and admitted never exceeds
    the capacity. What has to wait for a place takes no room, and what has to wait for room no place.
    """
    return admit_lanes(Lanes(demands), capacity, now, policy, taken)


def admit_lanes(
    lanes: Iterable[Lane], capacity: Capacity, now: float, policy: Policy = CRITICAL_PATH, taken: Places = NO_PLACES
) -> Admission:
    """The same for demands that are in lanes already."""
    return _Pass(capacity, now, policy, Places.of([taken])).run(lanes)


@dataclass(slots=True)
class _Kept:
    """What will be left of a limit's places at an instant once a reservation has taken its own."""

    at: float
    spare: int
    holder: Demand


class _Pass:
    def __init__(self, capacity: Capacity, now: float, policy: Policy, places: Places) -> None:
        self.capacity = capacity
        self.now = now
        self.policy = policy
        self.places = places
        self.kept: dict[Bound, list[_Kept]] = {}
        self.room = Room(capacity, now)
        self.start: Room | None = None
        self.blocked: dict[Shape, Wait] = {}
        self.shortest_refused: dict[Shape, tuple[float, Wait]] = {}
        self.placeless: set[Shape] = set()
        self.short: set[tuple[str, str]] = set()
        self.reservations: list[Reservation] = []
        self.admitted: list[Demand] = []
        self.nodes: dict[Key, Mapping[str, int]] = {}

    def run(self, lanes: Iterable[Lane]) -> Admission:
        refused: list[Refused] = []
        head: Demand | None = None
        turns: list[float] = []
        queue = []
        for number, lane in enumerate(lanes):
            queue.append((self.policy.order(lane.first, self.now), number, lane, 0, lane.first))
        heapify(queue)
        while queue:
            _, number, lane, at, demand = queue[0]
            if self.policy.turns and demand.not_before > self.now and not self._early(demand):
                wait: Wait | None = self._not_yet(demand)
                turns.append(demand.not_before)
            else:
                wait = self._behind(head) if head and demand.shape else self._decide(demand)
            if wait is None and at + 1 < len(lane):
                following = lane[at + 1]
                heapreplace(queue, (self.policy.order(following, self.now), number, lane, at + 1, following))
                continue
            heappop(queue)
            if wait is not None:
                refused.append(Refused(lane, lane.keys[at:], wait))
                if head is None and self.policy.strict and wait.reason not in _OVERTAKEN:
                    head = demand
        wake_at = min(turns, default=None)
        return Admission(tuple(self.admitted), tuple(refused), self.nodes, tuple(self.reservations), wake_at)

    def _behind(self, head: Demand) -> Wait:
        return Wait(Reason.OUTRANKED, self.now, lambda: Behind(head.owner))

    def _early(self, demand: Demand) -> bool:
        """Whether it may start before its turn: elsewhere it would take the room that the plan has for others."""
        if self.capacity.unknown:
            return True
        if not demand.early or demand.shape is None or not demand.nodes:
            return demand.early
        return self.room.fit_on(demand.nodes, demand.shape, self.now) is not None

    def _not_yet(self, demand: Demand) -> Wait:
        return Wait(Reason.PLANNED_LATER, self.now, lambda: Turn(demand.not_before))

    def _decide(self, demand: Demand) -> Wait | None:
        """Takes what the demand needs and returns None, or returns why it waits."""
        shape, end = demand.shape, self.now + demand.duration
        if shape is None or self.capacity.unknown:
            found: Mapping[str, int] | Wait = self._no_place(demand, end) or {}
        else:
            found = self._never(demand, shape) or self._no_place(demand, end) or self._fit(demand, shape, end)
        if isinstance(found, Wait):
            return found
        if shape is not None and not self.capacity.unknown:
            self.room.take(shape, found, end, demand.owner)
        self._take_places(demand, end)
        self.admitted.append(demand)
        self.nodes[demand.key] = found
        return None

    def _never(self, demand: Demand, shape: Shape) -> Wait | None:
        never = feasibility(self.capacity, shape).never
        if never is None:
            return None
        wait = self.blocked.get(shape)
        if wait is None:
            wait = self.blocked[shape] = Wait(Reason.NEVER_FITS, self.now, lambda: never)
        if demand.fitted:
            return Wait(Reason.WAITING_FOR_RESOURCES, self.now, lambda: RanBefore(never))
        return wait

    # --- places of limits -----------------------------------------------------------------------------------------

    def _no_place(self, demand: Demand, end: float) -> Wait | None:
        full = [one for one in demand.limits if not self.places.has(one) and self._left(one, self.now) < 1]
        if full:
            wait = Wait(Reason.PARALLELISM, self.now, partial(explain.no_place, full[0], self.places))
            date = max(self.places.free_at(one, self.now) for one in full)
            return self._no_room_either(demand, date) or wait
        for limit in demand.limits:
            for one in () if self.places.has(limit) else self.kept.get(limit.bound, ()):
                if one.spare < 1 and self._beyond(limit, end, one.at):
                    return Wait(Reason.RESERVED, self.now, partial(Kept, one.holder.owner, one.at))
        return None

    def _no_room_either(self, demand: Demand, date: float) -> Wait | None:
        """Of what should have a place at some date: why it waits, if it will have no room by then but reserves some."""
        shape = demand.shape
        if shape is None or self.capacity.unknown or date == float("inf") or shape in self.placeless:
            return None
        self.placeless.add(shape)
        if shape in self.blocked or self.room.fit(shape, self.now) is not None:
            return None
        lacking = shortage(self.room, shape)
        reservation = self._reserve(demand, shape, lacking, date)
        if reservation is None:
            return None
        wait = self.blocked[shape] = self._no_room(shape, lacking, reservation)
        return wait

    def _left(self, limit: Limit, at: float) -> int:
        return self.places.left(limit, at, self.now)

    def _take_places(self, demand: Demand, end: float) -> None:
        for limit in demand.limits:
            if not self.places.has(limit):
                self.places.take(limit, demand.key, (self.now, end))
                for one in self.kept.get(limit.bound, ()):
                    one.spare -= self._beyond(limit, end, one.at)

    def _keep_places(self, demand: Demand, at: float) -> None:
        for limit in demand.limits:
            if not self.places.has(limit):
                self.kept.setdefault(limit.bound, []).append(_Kept(at, self._left(limit, at) - 1, demand))

    @staticmethod
    def _beyond(limit: Limit, end: float, at: float) -> bool:
        """Whether a place is not given back by then. Nobody knows when one is that several steps share."""
        return limit.slot is not None or end > at

    # --- room -----------------------------------------------------------------------------------------------------

    def _fit(self, demand: Demand, shape: Shape, end: float) -> Mapping[str, int] | Wait:
        """Where there is room, or why there is none. Equal shapes wait alike."""
        wait = self.blocked.get(shape)
        if wait is not None:
            return wait
        refused = self.shortest_refused.get(shape)
        if refused and demand.duration >= refused[0]:
            return refused[1]
        nodes = self.room.fit(shape, end, demand.nodes)
        if nodes is not None:
            return nodes
        if self.room.fit(shape, self.now) is not None:
            wait = Wait(Reason.RESERVED, self.now, lambda: explain.behind(self.room, shape))
            self.shortest_refused[shape] = demand.duration, wait
            return wait
        lacking = shortage(self.room, shape)
        wait = self.blocked[shape] = self._no_room(shape, lacking, self._reserve(demand, shape, lacking))
        return wait

    def _reserve(
        self, demand: Demand, shape: Shape, lacking: frozenset[tuple[str, str]], least: float = 0.0
    ) -> Reservation | None:
        if not lacking or self.policy.strict or not self.short.isdisjoint(lacking):
            return None
        reservation = reserve(self.room, shape, demand.owner, least)
        if reservation:
            self.short |= lacking
            self.reservations.append(reservation)
            self._keep_places(demand, reservation.at)
        return reservation

    def _no_room(self, shape: Shape, lacking: frozenset[tuple[str, str]], reservation: Reservation | None) -> Wait:
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
