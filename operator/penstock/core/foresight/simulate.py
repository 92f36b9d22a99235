"""Runs a workload on a simulated clock, with the operator's own admission: what `penstock plan` shows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from penstock.core.admission.admission import admit_lanes
from penstock.core.admission.capacity import Capacity, Holding, Quota
from penstock.core.admission.demands import Demand, Key
from penstock.core.admission.lanes import Lanes
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.limits import Places
from penstock.core.admission.observed_capacity import PodHold
from penstock.core.admission.policies import CRITICAL_PATH, Policy
from penstock.core.admission.turns import Turns
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.reasons import Reason
from penstock.core.waits import Wait


@dataclass(frozen=True, slots=True)
class Run:
    """When an activity ran, where (pods by node), since when it was ready, and what held it up longest meanwhile."""

    activity: Activity
    ready: float
    start: float
    end: float
    nodes: Mapping[str, int] = field(default_factory=dict)
    short: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulated:
    """What happened. `stuck`: what never started, and why; what waited only for these is not in it."""

    runs: Mapping[Key, Run]
    stuck: Mapping[Key, Wait]
    waited: Mapping[str, float]
    """Seconds that ready activities waited, by the resource that was short."""
    began: float

    @property
    def makespan(self) -> float:
        """Seconds from the beginning to the last end."""
        return max((run.end for run in self.runs.values()), default=self.began) - self.began


Actual = Callable[[Activity], float]
"""How long an activity really takes, which admission does not know."""


class GivenUp(Exception):
    """Whoever asked has no more time for it."""


def simulate(
    workload: Workload,
    capacity: Capacity,
    began: float = 0.0,
    policy: Policy = CRITICAL_PATH,
    actual: Actual | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Simulated:
    """Runs the workload to its end. `capacity`: what there is, with what others hold and when they give it back.

    `go_on`: asked at each instant at which something happens. Raises GivenUp if it says no.
    """
    return _Simulation(workload, capacity, began, policy, actual or (lambda activity: activity.duration)).run(go_on)


def turns(workload: Workload, began: float) -> Turns:
    """The turns of what a plan covers, for a plan that begins at that instant."""
    planned = [one for one in workload.activities if one.planned is not None]
    return Turns(
        {one.key: began + one.planned for one in planned if one.planned is not None},
        {one.key: one.nodes for one in planned},
    )


class _Simulation:
    def __init__(self, workload: Workload, capacity: Capacity, began: float, policy: Policy, actual: Actual) -> None:
        self.activities = {activity.key: activity for activity in workload.activities}
        self.policy = policy
        self.actual = actual
        self.began = self.now = began
        self.places = Places()
        self.sharing = Counter(
            one for activity in workload.activities for one in activity.limits if one.slot is not None
        )
        for one in workload.under_way:
            if self.sharing[one]:
                self.places.take(one, ("", "", ""))
        self.events: list[tuple[float, int, Key]] = []
        self.runs: dict[Key, Run] = {}
        self.stuck: dict[Key, Wait] = {}
        self.waited: dict[str, float] = defaultdict(float)
        self.short: dict[Key, dict[str, float]] = {}
        self.ready: dict[Key, Demand] = {}
        self.lanes = Lanes()
        self.open_barriers = {name: len(keys) for name, keys in workload.barriers.items()}
        self.member_of: dict[Key, list[str]] = defaultdict(list)
        self.waiting_for: dict[str, list[Key]] = defaultdict(list)
        self.open_needs: dict[Key, int] = {}
        for name, keys in workload.barriers.items():
            for key in keys:
                self.member_of[key].append(name)
        for activity in workload.activities:
            needs = [name for name in activity.after if self.open_barriers[name]]
            self.open_needs[activity.key] = len(needs)
            for name in needs:
                self.waiting_for[name].append(activity.key)
        self.turns = turns(workload, began) if policy.turns else Turns({})
        self.ledger = Ledger(capacity.caps)
        self._take_over(capacity)

    def _take_over(self, capacity: Capacity) -> None:
        """Puts what exists in the ledger; what is expected to end does so in the simulation too."""
        if capacity.nodes is not None:
            self.ledger.see_nodes(capacity.nodes.values())
        holdings = [holding for load in capacity.loads.values() for holding in load.held] + list(capacity.unplaced)
        for quotas in capacity.quotas.values():
            for quota in quotas:
                self.ledger.put_quota(without(quota, holdings, capacity))
        for ranges in capacity.ranges.values():
            for one in ranges:
                self.ledger.put_range(one)
        for number, holding in enumerate(holdings):
            uid = f"there before/{number}"
            holding = replace(holding, charged=False)
            end = holding.released(self.now)
            if end != float("inf"):
                holding = replace(holding, end=end)
                heappush(self.events, (end, 0, ("", "", uid)))
            self.ledger.put_pod(uid, PodHold(None, holding))

    def run(self, go_on: Callable[[], bool]) -> Simulated:
        for activity in self.activities.values():
            if not self.open_needs[activity.key]:
                self._make_ready(activity)
        while True:
            if not go_on():
                raise GivenUp
            waits = self._admit()
            if not self.events:
                break
            at = self.events[0][0]
            self._note_waiting(waits, at - self.now)
            self.now = at
            while self.events and self.events[0][0] <= at:
                self._happen(heappop(self.events))
        self.stuck.update({key: wait for key, wait in waits.items() if wait.reason is not Reason.PARALLELISM})
        return Simulated(self.runs, self.stuck, dict(self.waited), self.began)

    def _make_ready(self, activity: Activity) -> None:
        if activity.release > self.now:
            heappush(self.events, (activity.release, 2, activity.key))
        elif activity.shape is None:
            self.turns.over(activity.key)
            self._take_places(activity)
            self.runs[activity.key] = Run(activity, self.now, self.now, self.now + self.actual(activity))
            heappush(self.events, (self.runs[activity.key].end, 1, activity.key))
        else:
            demand = Demand(
                activity.key,
                activity.shape,
                activity.priority,
                activity.rank,
                self.now,
                activity.duration,
                limits=activity.limits,
            )
            self.ready[activity.key] = demand
            self.lanes.add(demand)

    def _admit(self) -> Mapping[Key, Wait]:
        """Starts what may start; returns why the rest of what is ready waits."""
        while True:
            lanes = self.turns.split(self.lanes)
            found = admit_lanes(lanes, self.ledger.snapshot(), self.now, self.policy, self.places)
            for demand in found.admitted:
                self._start(demand, found.nodes[demand.key])
            never = [key for key, wait in found.waits.items() if wait.reason is Reason.NEVER_FITS]
            for key in never:
                self.stuck[key] = found.waits[key]
                self._leave(key)
            if not never and not (found.admitted and found.wake_at):
                break
        if found.wake_at is not None:
            heappush(self.events, (found.wake_at, 3, ("", "", "")))
        return found.waits

    def _leave(self, key: Key) -> None:
        """It waits no more."""
        self.lanes.remove(self.ready.pop(key))
        self.turns.over(key)

    def _take_places(self, activity: Activity) -> None:
        for limit in activity.limits:
            if not self.places.has(limit):
                self.places.take(limit, activity.key, (self.now, self.now + activity.duration))

    def _give_back_places(self, activity: Activity) -> None:
        for limit in activity.limits:
            if limit.slot is not None:
                self.sharing[limit] -= 1
                if self.sharing[limit]:
                    continue
            self.places.give_back(limit, activity.key)

    def _start(self, demand: Demand, nodes: Mapping[str, int]) -> None:
        activity = self.activities[demand.key]
        took = max(0.0, self.actual(activity))
        short = self.short.pop(demand.key, {})
        worst = tuple(sorted(short, key=lambda name: (-short[name], name)))
        self.runs[demand.key] = Run(activity, demand.since, self.now, self.now + took, nodes, worst)
        self._leave(demand.key)
        self._take_places(activity)
        assert demand.shape is not None
        estimate = self.now + demand.duration
        holding = Holding(demand.owner, demand.shape, None, self.now, estimate, charged=False)
        places = nodes or {"": demand.shape.replicas}
        for name, pods in places.items():
            uid = "/".join((*demand.key, name))
            self.ledger.put_pod(uid, PodHold(None, replace(holding, node=name or None, pods=pods)))
        heappush(self.events, (self.now + took, 1, demand.key))

    def _happen(self, event: tuple[float, int, Key]) -> None:
        _, kind, key = event
        if kind == 0:
            self.ledger.drop_pod(key[2])
            return
        if kind == 3:
            return
        activity = self.activities[key]
        if kind == 2:
            self._make_ready(activity)
            return
        for name in self.runs[key].nodes or {"": 0}:
            self.ledger.drop_pod("/".join((*key, name)))
        self._give_back_places(activity)
        for barrier in self.member_of[key]:
            self.open_barriers[barrier] -= 1
            if not self.open_barriers[barrier]:
                for waiting in self.waiting_for[barrier]:
                    self.open_needs[waiting] -= 1
                    if not self.open_needs[waiting]:
                        self._make_ready(self.activities[waiting])

    def _note_waiting(self, waits: Mapping[Key, Wait], seconds: float) -> None:
        for key, wait in waits.items():
            for name in wait.short:
                self.waited[name] += seconds
                mine = self.short.setdefault(key, {})
                mine[name] = mine.get(name, 0.0) + seconds


def without(quota: Quota, holdings: Iterable[Holding], capacity: Capacity) -> Quota:
    """The quota without what it counts for these, which the simulation counts itself, so that it comes free."""
    used = dict(quota.used)
    for one in holdings:
        if one.charged and one.shape.namespace == quota.namespace:
            charge = quota.charge(one.shape, *capacity.stated(one.shape)) or {}
            for name, amount in charge.items():
                used[name] = max(0, used.get(name, 0) - amount * one.pods)
    return replace(quota, used=used)
