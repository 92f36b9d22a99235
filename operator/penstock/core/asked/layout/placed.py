"""Boxes and arrows with their places, and how a drawing becomes a part of a larger one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from penstock.core.asked.layout.level import Point

FINALLY = ":finally"
"""Id of the frame around the steps of `finally`; no path looks so."""

BLOCK = ":block "
"""With the path of its first step: the id of a block of steps that need the same."""

Kind = Literal["step", "group", "cells", "frame", "block", "finally"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A box. `group`: a closed composite; `cells`: an open fan-out, its instances in so many columns; `frame`: an open
    composite; `block`: steps that need the same, and that the same need. `id` is the path of the task or
    composite, without indices; `around`: the id of the innermost frame or block that it is in."""

    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    columns: int = 0
    around: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow between two boxes in one frame. Points as in `Level`; two points if it is drawn straight, behind all."""

    source: str
    target: str
    kind: Literal["data", "order"]
    label: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes, frames before what is in them; all arrows; and the size."""

    boxes: Sequence[Placed]
    ways: Sequence[Way]
    width: float
    height: float


def alone(box: Placed) -> Layout:
    """A box and nothing else."""
    return Layout((box,), (), box.width, box.height)


def moved(one: Layout, x: float, y: float) -> Layout:
    """All of it elsewhere."""
    boxes = [replace(box, x=box.x + x, y=box.y + y) for box in one.boxes]
    ways = [replace(way, points=[(px + x, py + y) for px, py in way.points]) for way in one.ways]
    return Layout(boxes, ways, one.width, one.height)


def around(name: str, kind: Kind, inside: Layout, width: float, height: float) -> Layout:
    """A box of that size around it."""
    boxes = [box if box.around else replace(box, around=name) for box in inside.boxes]
    return Layout([Placed(name, kind, 0.0, 0.0, width, height), *boxes], inside.ways, width, height)
