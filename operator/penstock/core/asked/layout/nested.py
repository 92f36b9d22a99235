"""A whole Pipeline: its steps and composites, frames around those that are open, and the steps of `finally` apart."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from penstock.core.asked.layout.layers import Edge
from penstock.core.asked.layout.level import Level, Point, level
from penstock.core.asked.layout.sizes import BAND, HEIGHT, PADDING, TALL, TITLE, WIDTH, cells
from penstock.core.asked.picture import Arrow, Box, Picture

FINALLY = ":finally"
"""Id of the frame around the steps of `finally`; no path looks so."""

Kind = Literal["step", "group", "cells", "frame", "finally"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A box. `group`: a closed composite; `cells`: an open fan-out, its instances in so many columns; `frame`: an open
    composite. `id` is the path of the task or composite, without indices."""

    id: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    columns: int = 0


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


@dataclass(slots=True)
class _Part:
    """A step, or a composite with its parts in the order of the graph."""

    id: str
    box: Box | None = None
    parts: dict[str, "_Part"] = field(default_factory=dict)


def layout(picture: Picture, opened: Collection[str] = (), instances: Mapping[str, int] | None = None) -> Layout:
    """Where everything goes. `opened`: paths of composites and fan-outs whose inside is shown; `instances`: how many
    instances each fan-out has, by task."""
    main = _tree(box for box in picture.boxes if not box.final)
    final = _tree(box for box in picture.boxes if box.final)
    nesting = _Nesting(frozenset(opened), instances or {})
    ends = {box.id: box.final for box in picture.boxes}
    apart = {True: [], False: []}  # type: dict[bool, list[Arrow]]
    for arrow in picture.arrows:
        if ends[arrow.source] == ends[arrow.target]:
            apart[ends[arrow.source]].append(arrow)
    found = nesting.inside(main, apart[False])
    if not final.parts:
        return found
    last = _framed(FINALLY, "finally", nesting.inside(final, apart[True]))
    return _side_by_side(found, last) if main.parts else last


def _tree(boxes: Iterable[Box]) -> _Part:
    root = _Part("")
    for box in boxes:
        part = root
        for depth, name in enumerate(box.segments):
            part = part.parts.setdefault(name, _Part(".".join(box.segments[: depth + 1])))
        part.box = box
    return root


@dataclass(slots=True)
class _Nesting:
    opened: frozenset[str]
    instances: Mapping[str, int]

    def inside(self, whole: _Part, arrows: Sequence[Arrow]) -> Layout:
        """What is inside a part; arrows are those between any two steps below it."""
        parts = list(whole.parts.values())
        depth = whole.id.count(".") + 1 if whole.id else 0
        number = {name: at for at, name in enumerate(whole.parts)}
        own: dict[Edge, list[Arrow]] = {}
        below: dict[int, list[Arrow]] = {}
        for arrow in arrows:
            a, b = (number[end.split(".")[depth]] for end in (arrow.source, arrow.target))
            if a == b:
                below.setdefault(a, []).append(arrow)
            else:
                own.setdefault((a, b), []).append(arrow)
        drawn = [self._drawn(part, below.get(at, ())) for at, part in enumerate(parts)]
        placed = level([(one.width, one.height) for one in drawn], list(own))
        return _together(parts, drawn, own, placed)

    def _drawn(self, part: _Part, arrows: Sequence[Arrow]) -> Layout:
        if part.parts:
            if part.id in self.opened:
                return _framed(part.id, "frame", self.inside(part, arrows))
            return _alone(Placed(part.id, "group", 0.0, 0.0, WIDTH, TALL))
        assert part.box is not None
        if not part.box.times and part.id not in self.instances:
            return _alone(Placed(part.id, "step", 0.0, 0.0, WIDTH, HEIGHT))
        if part.id in self.opened and self.instances.get(part.id):
            columns, width, height = cells(self.instances[part.id])
            return _alone(Placed(part.id, "cells", 0.0, 0.0, width, height, columns))
        return _alone(Placed(part.id, "step", 0.0, 0.0, WIDTH, TALL))


def _alone(box: Placed) -> Layout:
    return Layout((box,), (), box.width, box.height)


def _together(
    parts: Sequence[_Part], drawn: Sequence[Layout], own: Mapping[Edge, Sequence[Arrow]], placed: Level
) -> Layout:
    boxes: list[Placed] = []
    ways: list[Way] = []
    for one, (x, y) in zip(drawn, placed.corners, strict=True):
        moved = _moved(one, x, y)
        boxes += moved.boxes
        ways += moved.ways
    for ((a, b), arrows), points in zip(own.items(), placed.ways, strict=True):
        kind: Literal["data", "order"] = "data" if any(one.kind == "data" for one in arrows) else "order"
        labels = dict.fromkeys(one.label for one in arrows if one.label)
        ways.append(Way(parts[a].id, parts[b].id, kind, ", ".join(labels), points))
    return Layout(boxes, ways, placed.width, placed.height)


def _moved(one: Layout, x: float, y: float) -> Layout:
    boxes = [replace(box, x=box.x + x, y=box.y + y) for box in one.boxes]
    ways = [replace(way, points=[(px + x, py + y) for px, py in way.points]) for way in one.ways]
    return Layout(boxes, ways, one.width, one.height)


def _framed(name: str, kind: Kind, inside: Layout) -> Layout:
    width, height = max(WIDTH, inside.width + 2 * PADDING), inside.height + TITLE + PADDING
    moved = _moved(inside, PADDING, TITLE)
    return Layout([Placed(name, kind, 0.0, 0.0, width, height), *moved.boxes], moved.ways, width, height)


def _side_by_side(main: Layout, last: Layout) -> Layout:
    """`last` to the right of `main`, both on one axis."""
    height = max(main.height, last.height)
    left = _moved(main, 0.0, (height - main.height) / 2)
    right = _moved(last, main.width + BAND, (height - last.height) / 2)
    return Layout([*left.boxes, *right.boxes], [*left.ways, *right.ways], main.width + BAND + last.width, height)
