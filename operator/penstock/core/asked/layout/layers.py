"""In which layer each node stands, and where arrows that are longer than one layer pass through those between."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

Edge = tuple[int, int]

ROOM = 4
"""Passages for long arrows per node, over all layers: what needs more is drawn straight, behind the boxes."""


@dataclass(frozen=True, slots=True)
class Layered:
    """Nodes by layer; the numbers from `count` on are passages, which long arrows go through.

    `ways`: by edge, the nodes and passages from its source to its target; only these two if it is drawn straight. An
    edge that closes a circle goes from its target to its source.
    """

    count: int
    layers: Sequence[Sequence[int]]
    links: Sequence[Edge]
    ways: Sequence[Sequence[int]]


def layered(count: int, edges: Sequence[Edge]) -> Layered:
    """Layers by the longest path: each node stands right after the last that it needs.

    Nodes are given in an order that breaks ties. Those that need nothing stand right before the first that needs them.
    """
    order = _sorted(count, edges)
    place = {node: at for at, node in enumerate(order)}
    ahead = [(a, b) if place[a] < place[b] else (b, a) for a, b in edges]
    targets: list[list[int]] = [[] for _ in range(count)]
    fed = [False] * count
    for a, b in ahead:
        targets[a].append(b)
        fed[b] = True
    layer = [0] * count
    for node in order:
        for other in targets[node]:
            layer[other] = max(layer[other], layer[node] + 1)
    for node in reversed(order):
        if not fed[node] and targets[node]:
            layer[node] = min(layer[other] for other in targets[node]) - 1
    return _with_passages(count, ahead, layer, order)


def _sorted(count: int, edges: Sequence[Edge]) -> list[int]:
    """Kahn's algorithm by number; where there is a circle, the lowest number that is left goes first."""
    targets: list[list[int]] = [[] for _ in range(count)]
    open_ = [0] * count
    for a, b in edges:
        targets[a].append(b)
        open_[b] += 1
    ready = [node for node in range(count) if not open_[node]]
    done = [False] * count
    found: list[int] = []
    lowest = 0
    while len(found) < count:
        if not ready:
            while done[lowest]:
                lowest += 1
            ready.append(lowest)
        node = heappop(ready)
        if done[node]:
            continue
        done[node] = True
        found.append(node)
        for other in targets[node]:
            open_[other] -= 1
            if not open_[other] and not done[other]:
                heappush(ready, other)
    return found


def _with_passages(count: int, edges: Sequence[Edge], layer: Sequence[int], order: Sequence[int]) -> Layered:
    """Arrows of one source share their passages, shorter ones first, as long as there is room."""
    layers: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for node in order:
        layers[layer[node]].append(node)
    chains: dict[int, list[int]] = {}
    links: dict[Edge, None] = {}
    ways: list[Sequence[int]] = [()] * len(edges)
    number, room = count, count * (1 + ROOM) + 64
    for at in sorted(range(len(edges)), key=lambda at: (layer[edges[at][1]] - layer[edges[at][0]], at)):
        a, b = edges[at]
        chain = chains.setdefault(a, [])
        wanted = layer[b] - layer[a] - 1
        if number + wanted - len(chain) > room:
            ways[at] = (a, b)
            continue
        while len(chain) < wanted:
            layers[layer[a] + 1 + len(chain)].append(number)
            links[chain[-1] if chain else a, number] = None
            chain.append(number)
            number += 1
        ways[at] = (a, *chain[:wanted], b)
        links[chain[wanted - 1] if wanted else a, b] = None
    return Layered(count, layers, list(links), ways)
