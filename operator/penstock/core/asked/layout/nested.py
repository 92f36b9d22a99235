"""A whole Pipeline: its steps and composites, frames around those that are open, and the steps of `finally` apart."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.core.asked.layout.blocks import together
from penstock.core.asked.layout.layers import Edge
from penstock.core.asked.layout.placed import FINALLY, Kind, Layout, Placed, alone, around, moved
from penstock.core.asked.layout.sizes import BAND, HEIGHT, PADDING, TALL, TITLE, WIDTH, cells
from penstock.core.asked.picture import Arrow, Box, Picture


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
        drawn = [self._drawn(part, below.get(at, ())) for at, part in enumerate(whole.parts.values())]
        return together(drawn, own)

    def _drawn(self, part: _Part, arrows: Sequence[Arrow]) -> Layout:
        if part.parts:
            if part.id in self.opened:
                return _framed(part.id, "frame", self.inside(part, arrows))
            return alone(Placed(part.id, "group", 0.0, 0.0, WIDTH, TALL))
        assert part.box is not None
        if not part.box.times and part.id not in self.instances:
            return alone(Placed(part.id, "step", 0.0, 0.0, WIDTH, HEIGHT))
        if part.id in self.opened and self.instances.get(part.id):
            columns, width, height = cells(self.instances[part.id])
            return alone(Placed(part.id, "cells", 0.0, 0.0, width, height, columns))
        return alone(Placed(part.id, "step", 0.0, 0.0, WIDTH, TALL))


def _side_by_side(main: Layout, last: Layout) -> Layout:
    """`last` to the right of `main`, both on one axis."""
    height = max(main.height, last.height)
    left = moved(main, 0.0, (height - main.height) / 2)
    right = moved(last, main.width + BAND, (height - last.height) / 2)
    return Layout([*left.boxes, *right.boxes], [*left.ways, *right.ways], main.width + BAND + last.width, height)


def _framed(name: str, kind: Kind, inside: Layout) -> Layout:
    width, height = max(WIDTH, inside.width + 2 * PADDING), inside.height + TITLE + PADDING
    return around(name, kind, moved(inside, PADDING, TITLE), width, height)
