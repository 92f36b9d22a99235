"""Orders of activities in which each comes after what it waits for: sampled, crossed, changed in part.

All that is drawn comes from `draw`, which gives the next number from 0 up to 1.
"""

from collections.abc import Callable, Sequence

from penstock.core.foresight.project import Project

Order = Sequence[int]

Draw = Callable[[], float]

BIAS = 4
"""The exponent of regret: the larger, the more a sample is like the order of priorities."""


def sampled(project: Project, priorities: Sequence[float], draw: Draw) -> Order:
    """An order drawn with a bias for what would be regretted most: an activity is next with a probability that grows
    with how far its priority is above the lowest (Drexl, Management Science 37, 1991; Kolisch, EJOR 90, 1996)."""
    open_needs = list(map(len, project.before))
    eligible = [one for one, count in enumerate(open_needs) if not count]
    found = []
    while eligible:
        lowest = min(priorities[one] for one in eligible)
        left = draw() * sum((priorities[one] - lowest + 1) ** BIAS for one in eligible)
        at = -1
        while left >= 0 and at + 1 < len(eligible):
            at += 1
            left -= (priorities[eligible[at]] - lowest + 1) ** BIAS
        found.append(_next(project, eligible, at, open_needs))
    return found


def by_priority(project: Project, priorities: Sequence[float]) -> Order:
    """The order in which the highest priority among what may come next goes first."""
    open_needs = list(map(len, project.before))
    eligible = [one for one, count in enumerate(open_needs) if not count]
    found = []
    while eligible:
        at = max(range(len(eligible)), key=lambda at: (priorities[eligible[at]], -eligible[at]))
        found.append(_next(project, eligible, at, open_needs))
    return found


def _next(project: Project, eligible: list[int], at: int, open_needs: list[int]) -> int:
    one = eligible.pop(at)
    for other in project.after[one]:
        open_needs[other] -= 1
        if not open_needs[other]:
            eligible.append(other)
    return one


def crossed(mother: Order, father: Order, draw: Draw) -> list[int]:
    """Head and tail as in the mother, what is between in the father's order (Hartmann, Naval Research Logistics 45,
    1998)."""
    first, last = sorted((int(draw() * len(mother)), int(draw() * len(mother))))
    child = list(mother[:first])
    taken = set(child)
    for one in father:
        if len(child) == last:
            break
        if one not in taken:
            child.append(one)
    taken.update(child)
    return child + [one for one in mother if one not in taken]


def moved(project: Project, order: list[int], probability: float, draw: Draw) -> list[int]:
    """Some activities are somewhere else between the last that they wait for and the first that waits for them."""
    for at in [at for at in range(len(order)) if draw() < probability]:
        one = order[at]
        first = last = at
        before, after = project.before[one], project.after[one]
        while first and order[first - 1] not in before:
            first -= 1
        while last + 1 < len(order) and order[last + 1] not in after:
            last += 1
        order.pop(at)
        order.insert(first + int(draw() * (last - first + 1)), one)
    return order


def resampled(project: Project, order: Order, length: int, draw: Draw) -> list[int]:
    """So many activities in a row are in another order: the neighbourhood of a stretch of time (Palpant, Artigues and
    Michelon, Annals of OR 131, 2004), of which only one member is tried at a time."""
    first = int(draw() * (len(order) - length + 1))
    stretch = order[first : first + length]
    inside = set(stretch)
    open_needs = {one: len(inside.intersection(project.before[one])) for one in stretch}
    eligible = [one for one in stretch if not open_needs[one]]
    found = list(order[:first])
    while eligible:
        one = eligible.pop(int(draw() * len(eligible)))
        found.append(one)
        for other in project.after[one]:
            if other in inside:
                open_needs[other] -= 1
                if not open_needs[other]:
                    eligible.append(other)
    return found + list(order[first + length :])
