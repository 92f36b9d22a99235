"""Schedule generation: from an order of activities to times.

The serial scheme takes activities in an order and places each as early as precedence and room allow (Kelley 1963;
Kolisch, EJOR 90, 1996). Backward it is the same in mirrored time.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.core.foresight.orders import Order
from penstock.core.foresight.project import NEVER, Demanded, Project, slots

Nodes = tuple[int, ...]

Profile = tuple[list[float], list[int]]
"""Instants from 0 on, the last NEVER, and what a node has free from each of them, packed, until the next."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When each activity starts and ends, in seconds, and the nodes that it is on: none if it takes no room."""

    starts: Sequence[float]
    ends: Sequence[float]
    nodes: Sequence[Nodes]


def serial(
    project: Project,
    order: Order,
    nodes: Sequence[Nodes] | None = None,
    forward: bool = True,
    least: Sequence[float] | None = None,
    end: float = 0.0,
) -> Timetable:
    """Times by the serial scheme. The order must be one of precedence, of its reverse if not `forward`.

    `nodes`: where each has to be; unless given, where there is room first. Backward, times count from `end` into the
    past, so an activity that ends then starts at 0. `least`: the earliest start of each; releases unless given.
    """
    before = project.before if forward else project.after
    durations, demands = project.durations, project.demands
    starts = list(project.releases if least is None else least)
    ends = [0.0] * len(starts)
    profiles = _profiles(project, forward, end)
    places = [one.usable if one else () for one in demands] if nodes is None else list(nodes)
    for one in order:
        start = starts[one]
        for other in before[one]:
            if ends[other] > start:
                start = ends[other]
        demanded = demands[one]
        if demanded is None:
            starts[one] = start
            ends[one] = start + durations[one]
            continue
        if demanded.pods > 1:
            start, places[one] = _place_all(profiles, places[one], start, durations[one], demanded)
        else:
            if len(places[one]) > 1:
                places[one] = (_best(profiles, places[one], start, durations[one], demanded),)
            times, free = profiles[places[one][0]]
            start = _place(times, free, start, durations[one], demanded.vector, demanded.guards)
        starts[one] = start
        ends[one] = start + durations[one]
    return Timetable(starts, ends, places)


def _profiles(project: Project, forward: bool, end: float) -> list[Profile]:
    profiles: list[Profile] = [([0.0, NEVER], [free, 0]) for free in project.free]
    for held in project.held:
        times, free = profiles[held.node]
        since, until = (0.0, held.until) if forward else (max(0.0, end - held.until), end)
        if until > since:
            _take(times, free, since, until, held.amount)
    return profiles


def _place(times: list[float], free: list[int], start: float, duration: float, vector: int, guards: int) -> float:
    """Takes room as early as there is some, from `start` on, and returns when that is."""
    end = start + duration
    first = last = bisect_right(times, start) - 1
    while True:
        if (free[last] - vector) & guards == guards:
            last += 1
            if times[last] >= end:
                break
        else:
            last += 1
            first = last
            start = times[last]
            end = start + duration
    if times[last] != end:
        times.insert(last, end)
        free.insert(last, free[last - 1])
    if times[first] != start:
        first += 1
        last += 1
        times.insert(first, start)
        free.insert(first, free[first - 1])
    for at in range(first, last):
        free[at] -= vector
    return start


def _best(profiles: list[Profile], usable: Nodes, start: float, duration: float, demanded: Demanded) -> int:
    """Of the nodes that have room as early as any, the one with the least: as admission does, so that what needs much
    of a node finds one."""
    vector, guards = demanded.vector, demanded.guards
    found, best, least = usable[0], NEVER, 0
    for node in usable:
        times, free = profiles[node]
        first = at = bisect_right(times, start) - 1
        begin, end = start, start + duration
        while begin <= best:
            if (free[at] - vector) & guards == guards:
                at += 1
                if times[at] >= end:
                    if begin < best or free[first] < least:
                        found, best, least = node, begin, free[first]
                    break
            else:
                at += 1
                first = at
                begin = times[at]
                if begin == NEVER:
                    break
                end = begin + duration
    return found


def _place_all(
    profiles: list[Profile], usable: Nodes, start: float, duration: float, demanded: Demanded
) -> tuple[float, Nodes]:
    """The same for pods that start together, on several nodes if need be."""
    while True:
        left, following = demanded.pods, NEVER
        chosen: list[tuple[int, int]] = []
        for node in usable:
            times, free = profiles[node]
            at = bisect_right(times, start) - 1
            following = min(following, times[at + 1])
            count = left
            while count and times[at] < start + duration:
                count = slots(free[at], demanded.vector, demanded.guards, count)
                at += 1
            if count:
                chosen.append((node, count))
                left -= count
            if not left:
                for place, pods in chosen:
                    _take(*profiles[place], start, start + duration, demanded.vector * pods)
                return start, tuple(place for place, _ in chosen)
        start = following


def _take(times: list[float], free: list[int], start: float, end: float, amount: int) -> None:
    first, last = _cut(times, free, start), _cut(times, free, end)
    for at in range(first, last):
        free[at] -= amount


def _cut(times: list[float], free: list[int], instant: float) -> int:
    at = bisect_right(times, instant) - 1
    if times[at] != instant:
        at += 1
        times.insert(at, instant)
        free.insert(at, free[at - 1])
    return at
