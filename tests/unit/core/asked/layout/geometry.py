"""What may be measured of a drawing."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]
Segment = tuple[Point, Point]


def segments(lines: Iterable[Sequence[Point]]) -> list[Segment]:
    """The different segments of these lines, each once; points that are stretched out to nothing are left out."""
    rounded = ([(round(x, 2), round(y, 2)) for x, y in line] for line in lines)
    return list(dict.fromkeys((a, b) for line in rounded for a, b in pairwise(line) if a != b))


def crossings(lines: Iterable[Sequence[Point]]) -> int:
    """How often segments cross; those that only touch, or share an end, do not."""
    found = segments(lines)
    return sum(_cross(one, two) for at, one in enumerate(found) for two in found[:at])


def _cross(one: Segment, two: Segment) -> bool:
    (a, b), (c, d) = one, two
    if {a, b} & {c, d}:
        return False
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
