"""Who stands above whom in a layer: an order in which few arrows cross."""

from collections.abc import Sequence
from itertools import pairwise

from penstock.core.asked.layout.layers import Edge

SWEEPS = 24
"""So often a small graph is gone through; a large one less often."""
WORK = 60_000
"""Links that are looked at over all sweeps, about."""


def ordered(layers: Sequence[Sequence[int]], links: Sequence[Edge], count: int) -> list[list[int]]:
    """The layers in the best order found by sweeps of barycentres, to the right and back.

    `count`: numbers of nodes and passages are below it.
    """
    before, after = neighbours(links, count)
    current = _from_the_left(layers, before, count)
    best, least = current, crossings(current, after)
    patience = 0
    for sweep in range(max(4, min(SWEEPS, WORK // (len(links) + 1)))):
        if not least or patience > 3:
            break
        current = _swept(current, before if sweep % 2 == 0 else after, count, forward=sweep % 2 == 0)
        found = crossings(current, after)
        patience += 1
        if found < least:
            best, least, patience = current, found, 0
    return best if least == 0 else _exchanged(best, before, after)


def neighbours(links: Sequence[Edge], count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Who comes right before and right after each."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    return before, after


def crossings(layers: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> int:
    """How many pairs of links cross: inversions, counted in a binary indexed tree (Barth, Jünger, Mutzel 2002)."""
    total = 0
    for left, right in pairwise(layers):
        place = {node: at for at, node in enumerate(right)}
        size = len(right)
        tree = [0] * (size + 1)
        seen = 0
        for node in left:
            ends = sorted(place[other] for other in after[node])
            for end in ends:
                at, below = end + 1, 0
                while at:
                    below += tree[at]
                    at &= at - 1
                total += seen - below
            for end in ends:
                at = end + 1
                while at <= size:
                    tree[at] += 1
                    at += at & -at
            seen += len(ends)
    return total


def _from_the_left(layers: Sequence[Sequence[int]], before: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    first = [list(layer) for layer in layers]
    return _swept(first, before, count, forward=True)


def _swept(
    layers: Sequence[Sequence[int]], toward: Sequence[Sequence[int]], count: int, forward: bool
) -> list[list[int]]:
    """Each layer sorted by the mean place of the neighbours; who has none keeps its own."""
    place = [0.0] * count
    found: list[list[int]] = [[]] * len(layers)
    for at in range(len(layers)) if forward else reversed(range(len(layers))):
        layer = layers[at]
        mean = {}
        for own, node in enumerate(layer):
            near = toward[node]
            mean[node] = sum(place[one] for one in near) / len(near) if near else (own + 0.5) / len(layer)
        found[at] = sorted(layer, key=mean.__getitem__)
        for own, node in enumerate(found[at]):
            place[node] = (own + 0.5) / len(layer)
    return found


def _exchanged(
    layers: Sequence[Sequence[int]], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Neighbours change places as long as that takes crossings away (Gansner and others, "A Technique for Drawing
    Directed Graphs", 1993)."""
    found = [list(layer) for layer in layers]
    place = {node: at for layer in found for at, node in enumerate(layer)}
    left = WORK
    better = True
    while better and left > 0:
        better = False
        for layer in found:
            for at in range(len(layer) - 1):
                one, two = layer[at], layer[at + 1]
                left -= len(before[one]) * len(before[two]) + len(after[one]) * len(after[two]) + 1
                if left < 0:
                    return found
                gain = _gain(one, two, before, place) + _gain(one, two, after, place)
                if gain > 0:
                    layer[at], layer[at + 1] = two, one
                    place[one], place[two] = at + 1, at
                    better = True
    return found


def _gain(one: int, two: int, near: Sequence[Sequence[int]], place: dict[int, int]) -> int:
    """Crossings that are fewer if `two` stands above `one`."""
    gain = 0
    for a in near[one]:
        for b in near[two]:
            gain += (place[a] > place[b]) - (place[a] < place[b])
    return gain
