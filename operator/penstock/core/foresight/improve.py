"""A planned pass: looks for a better order than the dispatch rule finds, with the whole workload known beforehand.

Forward-backward improvement (Tormos and Lova, Annals of OR 102, 2001; Valls et al., EJOR 165, 2005) of schedules made
by the serial scheme, from the upward ranks and from seeded random variations of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from random import Random

from penstock.core.admission.availability import Profile, Vector
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Key
from penstock.core.admission.feasibility import feasibility
from penstock.core.admission.shapes import Shape
from penstock.core.foresight.activities import Activity, Workload

TRIES = 20
SPREAD = 0.35
"""How far a try may move a rank, as a share of it."""

Starts = dict[Key, float]


@dataclass(frozen=True, slots=True)
class Planned:
    """The best schedule found: when each activity starts, in seconds from the beginning, and how long all takes."""

    starts: Mapping[Key, float]
    makespan: float


def improve(
    workload: Workload,
    capacity: Capacity,
    tries: int = TRIES,
    seed: int = 0,
    known: Mapping[Key, float] | None = None,
    began: float = 0.0,
    go_on: Callable[[], bool] = lambda: True,
) -> Planned:
    """The best of several improved schedules, around what pods hold on the nodes. What never fits is left out.

    `known`: starts in a schedule that is there already, from which a further try begins. `began`: the instant from
    which times count, in seconds. `go_on`: asked before every try but the first.

    Quotas, `parallelism` and `maxParallel` are not part of it: admission keeps them when the plan is carried out.
    """
    project = _Project(workload, capacity, began)
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    ranks = {activity.key: activity.rank for activity in project.activities}
    best: tuple[float, Starts] | None = None
    for number in range(max(1, tries)):
        if number and not go_on():
            break
        spread = SPREAD if number else 0.0
        moved = {key: rank * (1 + random.uniform(-spread, spread)) for key, rank in ranks.items()}
        found = _improved(project, moved)
        if best is None or found[0] < best[0] - 1e-9:
            best = found
    if known is not None:
        found = _improved(project, {key: -known[key] for key in ranks if key in known} | _unknown(ranks, known))
        best = found if best is None or found[0] < best[0] - 1e-9 else best
    assert best is not None
    return Planned(best[1], best[0])


def _unknown(ranks: Mapping[Key, float], known: Mapping[Key, float]) -> dict[Key, float]:
    return {key: float("-inf") for key in ranks if key not in known}


def with_plan(workload: Workload, planned: Planned) -> Workload:
    """The workload with the starts that the policy `planned` keeps to."""
    return replace(
        workload,
        activities=tuple(
            replace(one, planned=planned.starts[one.key]) if one.key in planned.starts else one
            for one in workload.activities
        ),
    )


def _improved(project: "_Project", ranks: Mapping[Key, float]) -> tuple[float, Starts]:
    """A schedule from these ranks, justified to the right and to the left until that brings nothing more."""
    makespan, starts = project.schedule(ranks, forward=True)
    while True:
        ends = {key: start + project.duration[key] for key, start in starts.items()}
        _, backward = project.schedule(ends, forward=False)
        # What ends last in the mirrored schedule starts first in the real one.
        mirrored = {key: at + project.duration[key] for key, at in backward.items()}
        shorter, better = project.schedule(mirrored, forward=True)
        if shorter >= makespan - 1e-9:
            return makespan, starts
        makespan, starts = shorter, better


class _Project:
    """The workload in the terms of project scheduling: durations, vectors of amounts, nodes, precedence both ways."""

    def __init__(self, workload: Workload, capacity: Capacity, began: float) -> None:
        self.nodes, self.names = _bins(workload, capacity)
        self.held = list(self._held(capacity, began))
        self.activities = [one for one in workload.activities if self._possible(capacity, one)]
        self.duration = {one.key: one.duration for one in self.activities}
        self.release = {one.key: one.release for one in self.activities}
        self.vectors: dict[Shape, Vector] = {}
        self.usable: dict[Shape, Sequence[int]] = {}
        self.shape = {one.key: one.shape for one in self.activities}
        for one in self.activities:
            if one.shape and one.shape not in self.vectors:
                self._describe(capacity, one.shape)
        here = self.duration.keys()
        self.members = {name: [key for key in keys if key in here] for name, keys in workload.barriers.items()}
        self.dependents: dict[str, list[Key]] = defaultdict(list)
        self.before: dict[Key, list[str]] = {}
        for one in self.activities:
            self.before[one.key] = [name for name in one.after if self.members[name]]
            for name in self.before[one.key]:
                self.dependents[name].append(one.key)
        self.after: dict[Key, list[str]] = {key: [] for key in here}
        for name, keys in self.members.items():
            if self.dependents[name]:
                for key in keys:
                    self.after[key].append(name)

    @staticmethod
    def _possible(capacity: Capacity, one: Activity) -> bool:
        return one.shape is None or not feasibility(capacity, one.shape).never

    def _describe(self, capacity: Capacity, shape: Shape) -> None:
        requests, _ = capacity.stated(shape)
        self.vectors[shape] = tuple(requests.get(name, 0) for name in self.names)
        usable = feasibility(capacity, shape).usable
        places = {name: number for number, (name, _) in enumerate(self.nodes)}
        self.usable[shape] = [0] if usable is None else [places[name] for name in usable]

    def _held(self, capacity: Capacity, began: float) -> Iterator[tuple[int, float, Vector, int]]:
        """What pods hold from the beginning on: the node, for how many seconds, how much each, how many."""
        for number, (name, free) in enumerate(self.nodes):
            load = capacity.loads.get(name)
            for one in load.held if load else ():
                vector = tuple(one.shape.requests.get(resource, 0) for resource in self.names)
                until = one.released(began) - began
                if until == float("inf"):
                    free[:] = [there - amount * one.pods for there, amount in zip(free, vector, strict=True)]
                else:
                    yield number, until, vector, one.pods

    def _profiles(self, forward: bool) -> list[Profile]:
        """The nodes. Backward, when what is held now comes last is not known, so that only forward counts it."""
        profiles = [Profile(free) for _, free in self.nodes]
        for number, seconds, vector, pods in self.held if forward else ():
            profiles[number].take(0.0, seconds, vector, pods)
        return profiles

    def schedule(self, ranks: Mapping[Key, float], forward: bool) -> tuple[float, Starts]:
        """The serial scheme: highest rank first among what may come next, each as early as it fits.

        Backward, time runs the other way: precedence is reversed, and releases do not count.
        """
        opens, closes = (self.before, self.after) if forward else (self.after, self.before)
        members = self.members if forward else self.dependents
        dependents = self.dependents if forward else self.members
        left = {name: len(keys) for name, keys in members.items()}
        earliest = {key: self.release[key] if forward else 0.0 for key in self.duration}
        needs = {key: len(names) for key, names in opens.items()}
        profiles = self._profiles(forward)
        eligible = [(-ranks[key], key) for key, count in needs.items() if not count]
        eligible.sort()
        latest: dict[str, float] = defaultdict(float)
        starts: Starts = {}
        makespan = 0.0
        while eligible:
            _, key = heappop(eligible)
            start = starts[key] = self._place(key, earliest[key], profiles)
            end = start + self.duration[key]
            makespan = max(makespan, end)
            for name in closes[key]:
                latest[name] = max(latest[name], end)
                left[name] -= 1
                if not left[name]:
                    for other in dependents[name]:
                        earliest[other] = max(earliest[other], latest[name])
                        needs[other] -= 1
                        if not needs[other]:
                            heappush(eligible, (-ranks[other], other))
        return makespan, starts

    def _place(self, key: Key, earliest: float, profiles: list[Profile]) -> float:
        shape, duration = self.shape[key], self.duration[key]
        if shape is None:
            return earliest
        vector, usable = self.vectors[shape], self.usable[shape]
        start = earliest
        while True:
            left, following = shape.replicas, float("inf")
            chosen: list[tuple[int, int]] = []
            for number in usable:
                count, again = profiles[number].fits(start, duration, vector, left)
                if count:
                    chosen.append((number, count))
                    left -= count
                    if not left:
                        for place, pods in chosen:
                            profiles[place].take(start, duration, vector, pods)
                        return start
                    again = profiles[number].next_change(start)
                following = min(following, again)
            if following == float("inf"):
                return start
            start = following


def _bins(workload: Workload, capacity: Capacity) -> tuple[list[tuple[str, list[int]]], list[str]]:
    """Nodes with what they have; without any, one that has what the caps allow."""
    shapes = {one.shape for one in workload.activities if one.shape}
    wanted = sorted({name for shape in shapes for name, amount in capacity.stated(shape)[0].items() if amount})
    plenty = 1 << 62
    if capacity.nodes is None:
        caps = capacity.caps or {}
        return [("", [caps.get(name, plenty) for name in wanted])], wanted
    return [
        (name, [node.allocatable.get(resource, plenty if resource == "pods" else 0) for resource in wanted])
        for name, node in capacity.nodes.items()
    ], wanted
