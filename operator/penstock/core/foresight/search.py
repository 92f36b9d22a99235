"""The search for a better order: a hybrid genetic algorithm (Valls, Ballestin and Quintanilla, EJOR 185, 2008).

It begins with sampled orders, makes a schedule of each by the serial scheme, and justifies every schedule to the right
and then to the left, which is the cheapest gain that is known (Tormos and Lova, Annals of OR 102, 2001; Valls,
Ballestin and Quintanilla, EJOR 165, 2005). Then orders of the better ones are crossed or sampled anew in part, and
justified in turn; the best stay. What is drawn is a function of the seed alone.
"""

from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from random import Random
from typing import NamedTuple

from penstock.core.foresight.orders import Order, by_priority, crossed, moved, resampled, sampled
from penstock.core.foresight.project import NEVER, Project
from penstock.core.foresight.schemes import Nodes, Timetable, serial

MEMBERS = 30
"""Schedules that are kept, at most."""

CHILDREN = 15
"""Children for each of them, at least: with a small budget fewer are kept."""

STRETCH = 15
"""Activities that are sampled anew together."""

RESAMPLED = 0.3
"""Share of children that are not crossed but sampled anew in part."""

KEPT = 0.5
"""Probability with which a child has its mother's nodes; else they are chosen anew."""

MOVED = 0.05
"""Probability with which crossing moves an activity."""

Group = tuple[str, str]
"""A Pipeline: namespace and name."""


class Cost(NamedTuple):
    """What a schedule is judged by, in seconds, most important first: by how much Pipelines end too late, summed up;
    the makespan; the ends of all Pipelines, summed up."""

    late: float
    makespan: float
    ends: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """A feasible schedule. `order`: the activities by their starts."""

    cost: Cost
    order: Order
    times: Timetable


@dataclass(frozen=True, slots=True)
class Genome:
    """What a schedule is made from: an order, and where each activity has to be unless that is left open."""

    order: Order
    nodes: Sequence[Nodes] | None = None


class Search:
    """A search in a project. `due`: when each Pipeline should have ended; where there is none it is never late."""

    def __init__(self, project: Project, due: Mapping[Group, float], seed: int) -> None:
        self.project = project
        self.draw = Random(seed).random  # noqa: S311 - reproducible, not secret (docs/adr/0029)
        self.made = 0
        """Schedules made so far, forward and backward ones."""
        self.numbers = range(len(project))
        groups: dict[Group, list[int]] = {}
        for number, key in enumerate(project.keys):
            if key is not None:
                groups.setdefault(key[:2], []).append(number)
        self.groups = [(members, due.get(group, NEVER)) for group, members in groups.items()]
        self.tails = [0.0] * len(project)
        for one in reversed(self.numbers):
            after = max((self.tails[other] for other in project.after[one]), default=0.0)
            self.tails[one] = project.durations[one] + after
        self.least = max(map(sum, zip(project.releases, self.tails, strict=True)), default=0.0)

    def run(self, budget: int, known: Sequence[Genome], go_on: Callable[[], bool]) -> Schedule:
        """The best schedule found. `budget`: how many may be made. `known`: orders to begin with."""
        kept = max(2, min(MEMBERS, budget // (3 * CHILDREN)))
        members: list[Schedule] = []
        for genome in self._first(known):
            if len(members) == kept or (members and (self.made >= budget or not go_on())):
                break
            insort(members, self._justified(genome), key=_cost)
        while self.made < budget and len(members) > 1 and not self._done(members[0]) and go_on():
            child = self._justified(self._child(members))
            if child.cost <= members[-1].cost and all(child.order != one.order for one in members):
                members.pop()
                insort(members, child, key=_cost)
        return members[0]

    def _first(self, known: Sequence[Genome]) -> Iterator[Genome]:
        yield from known
        yield Genome(by_priority(self.project, self.tails))
        for _ in repeat(None):
            yield Genome(sampled(self.project, self.tails, self.draw))

    def _done(self, best: Schedule) -> bool:
        return not best.cost.late and best.cost.makespan <= self.least and len(self.groups) == 1

    def _child(self, members: Sequence[Schedule]) -> Genome:
        mother, father = self._one(members), self._one(members)
        nodes = mother.times.nodes if self.draw() < KEPT else None
        if mother is father or self.draw() < RESAMPLED:
            return Genome(resampled(self.project, mother.order, min(STRETCH, len(mother.order)), self.draw), nodes)
        return Genome(moved(self.project, crossed(mother.order, father.order, self.draw), MOVED, self.draw), nodes)

    def _one(self, members: Sequence[Schedule]) -> Schedule:
        """The better of two that are drawn."""
        return members[int(min(self.draw(), self.draw()) * len(members))]

    def _justified(self, genome: Genome) -> Schedule:
        """What comes out when the schedule is pushed to the right, then to the left, or itself if that is better.

        Nothing changes its node, and to the right no Pipeline goes beyond when it is due, or where it ends already if
        that is later: so pushing to the left makes none later.
        """
        first = self._schedule(genome)
        end = first.cost.makespan
        least = [0.0] * len(self.numbers)
        if len(self.groups) > 1:
            for those, due in self.groups:
                late = end - max(due, max(first.times.ends[one] for one in those))
                if late > 0:
                    for one in those:
                        least[one] = late
        backward = sorted(self.numbers, key=first.times.ends.__getitem__)
        backward.reverse()
        mirrored = serial(self.project, backward, first.times.nodes, forward=False, least=least, end=end)
        self.made += 1
        # What ends last in mirrored time starts first; of equals the first in precedence.
        starts = [-end for end in mirrored.ends]
        forward = sorted(self.numbers, key=starts.__getitem__)
        return min(first, self._schedule(Genome(forward, first.times.nodes)), key=_cost)

    def _schedule(self, genome: Genome) -> Schedule:
        times = serial(self.project, genome.order, genome.nodes)
        ends = times.ends
        self.made += 1
        late = total = 0.0
        for members, due in self.groups:
            end = max(map(ends.__getitem__, members))
            total += end
            late += max(0.0, end - due)
        by_start = sorted(self.numbers, key=times.starts.__getitem__)
        return Schedule(Cost(late, max(ends, default=0.0), total), by_start, times)


def _cost(one: Schedule) -> Cost:
    return one.cost
