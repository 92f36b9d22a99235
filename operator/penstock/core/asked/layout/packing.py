"""What hangs together is laid out together; parts that have nothing to do with one another fill columns."""

from collections.abc import Sequence
from math import sqrt

from penstock.core.asked.layout.layers import Edge
from penstock.core.asked.layout.level import Level, Point, level
from penstock.core.asked.layout.sizes import BESIDE, DOWN

RATIO = 1.6
"""By so much it is to be wider than high."""


def packed(sizes: Sequence[Point], edges: Sequence[Edge]) -> Level:
    """Places items of these widths and heights in one frame: many that no arrow joins as a block, not as a tower."""
    parts = _parts(len(sizes), edges)
    if len(parts) < 2:
        return level(sizes, edges)
    part_of = {node: at for at, part in enumerate(parts) for node in part}
    number = {node: at for part in parts for at, node in enumerate(part)}
    inside: list[list[int]] = [[] for _ in parts]
    for at, (a, _) in enumerate(edges):
        inside[part_of[a]].append(at)
    each = [
        level([sizes[node] for node in part], [(number[edges[at][0]], number[edges[at][1]]) for at in own])
        for part, own in zip(parts, inside, strict=True)
    ]
    places, width, height = _in_columns([(one.width, one.height) for one in each])
    corners: list[Point] = [(0.0, 0.0)] * len(sizes)
    ways: list[Sequence[Point]] = [()] * len(edges)
    for part, own, one, (x, y) in zip(parts, inside, each, places, strict=True):
        for node, corner in zip(part, one.corners, strict=True):
            corners[node] = (corner[0] + x, corner[1] + y)
        for at, way in zip(own, one.ways, strict=True):
            ways[at] = [(px + x, py + y) for px, py in way]
    return Level(corners, ways, width, height)


def _parts(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """The connected components, by their lowest numbers."""
    root = list(range(count))

    def found(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for a, b in edges:
        one, two = sorted((found(a), found(b)))
        root[two] = one
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(found(node), []).append(node)
    return list(parts.values())


def _in_columns(sizes: Sequence[Point]) -> tuple[list[Point], float, float]:
    """Where each goes, from top to bottom and then to the right, and the size of it all."""
    area = sum((width + BESIDE) * (height + DOWN) for width, height in sizes)
    most = max(sqrt(area / RATIO), max(height for _, height in sizes))
    places: list[Point] = []
    x = y = wide = high = 0.0
    for width, height in sizes:
        if y and y + height > most:
            x, y, wide = x + wide + BESIDE, 0.0, 0.0
        places.append((x, y))
        high, wide = max(high, y + height), max(wide, width)
        y += height + DOWN
    return places, x + wide, high
