"""One level of a graph: what stands side by side in one frame, and the arrows between."""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.core.asked.layout.heights import heights
from penstock.core.asked.layout.layers import Edge, layered
from penstock.core.asked.layout.order import ordered
from penstock.core.asked.layout.sizes import ACROSS, DOWN, PASSAGE

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """The left upper corner of each item, the way of each edge, and the size of it all.

    A way is a line, then by turns a curve to the next layer and a line across that; it never touches an item between.
    """

    corners: Sequence[Point]
    ways: Sequence[Sequence[Point]]
    width: float
    height: float


def level(sizes: Sequence[Point], edges: Sequence[Edge]) -> Level:
    """Places items of these widths and heights. The order of items breaks ties."""
    count = len(sizes)
    if not count:
        return Level((), (), 0.0, 0.0)
    found = layered(count, edges)
    total = 1 + max(max(layer) for layer in found.layers)
    order = ordered(found.layers, found.links, total)
    tall = [size[1] for size in sizes] + [PASSAGE] * (total - count)
    middle = heights(order, found.links, tall, count, DOWN)
    left, wide = _columns(order, sizes)
    layer_of = {node: at for at, layer in enumerate(order) for node in layer}
    corners = [(left[layer_of[node]], middle[node] - tall[node] / 2) for node in range(count)]
    ways = []
    for way, edge in zip(found.ways, edges, strict=True):
        points: list[Point] = []
        for node in way:
            x, y, own = left[layer_of[node]], middle[node], wide[layer_of[node]]
            width = sizes[node][0] if node < count else 0.0
            points += [(x, y)] if node == way[-1] else [(x + width, y), (x + own, y)]
            if count <= node:
                points[-2:] = [(x, y), (x + own, y)]
        ways.append(points if way[0] == edge[0] else points[::-1])
    height = max(corner[1] + size[1] for corner, size in zip(corners, sizes, strict=True))
    low = max(middle[node] + tall[node] / 2 for node in range(total))
    return Level(corners, ways, left[-1] + wide[-1], max(height, low))


def _columns(order: Sequence[Sequence[int]], sizes: Sequence[Point]) -> tuple[list[float], list[float]]:
    """Where each layer begins, and how wide it is."""
    left, wide, x = [], [], 0.0
    for layer in order:
        width = max((sizes[node][0] for node in layer if node < len(sizes)), default=0.0)
        left.append(x)
        wide.append(width)
        x += width + ACROSS
    return left, wide
