"""What stands side by side in one frame: many parts with the same arrows become a block, which has each arrow once."""

from collections.abc import Mapping, Sequence
from typing import Literal

from penstock.core.asked.layout.layers import Edge
from penstock.core.asked.layout.packing import packed
from penstock.core.asked.layout.placed import BLOCK, Layout, Placed, Way, around, moved
from penstock.core.asked.layout.sizes import ALIKE, EDGE
from penstock.core.asked.picture import Arrow


def together(drawn: Sequence[Layout], own: Mapping[Edge, Sequence[Arrow]]) -> Layout:
    """Parts and the arrows between them, by the numbers of the parts."""
    return _together(*_blocked(drawn, own))


def _blocked(
    drawn: Sequence[Layout], own: Mapping[Edge, Sequence[Arrow]]
) -> tuple[list[Layout], dict[Edge, list[Arrow]]]:
    """Many parts with the same arrows become one: a block, which has them once."""
    before: list[set[int]] = [set() for _ in drawn]
    after: list[set[int]] = [set() for _ in drawn]
    for a, b in own:
        after[a].add(b)
        before[b].add(a)
    alike: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for at in range(len(drawn)):
        if before[at] or after[at]:
            alike.setdefault((frozenset(before[at]), frozenset(after[at])), []).append(at)
    block_of = {at: some for some in alike.values() if len(some) > ALIKE for at in some}
    place: dict[int, int] = {}
    found: list[Layout] = []
    for at, one in enumerate(drawn):
        members = block_of.get(at, [at])
        if at == members[0]:
            place.update(dict.fromkeys(members, len(found)))
            found.append(one if members == [at] else _block([drawn[member] for member in members]))
    arrows: dict[Edge, list[Arrow]] = {}
    for (a, b), some in own.items():
        arrows.setdefault((place[a], place[b]), []).extend(some)
    return found, arrows


def _block(members: Sequence[Layout]) -> Layout:
    inside = _together(members, {})
    name = f"{BLOCK}{members[0].boxes[0].id}"
    return around(name, "block", moved(inside, EDGE, EDGE), inside.width + 2 * EDGE, inside.height + 2 * EDGE)


def _together(drawn: Sequence[Layout], own: Mapping[Edge, Sequence[Arrow]]) -> Layout:
    placed = packed([(one.width, one.height) for one in drawn], list(own))
    boxes: list[Placed] = []
    ways: list[Way] = []
    for one, (x, y) in zip(drawn, placed.corners, strict=True):
        there = moved(one, x, y)
        boxes += there.boxes
        ways += there.ways
    for ((a, b), arrows), points in zip(own.items(), placed.ways, strict=True):
        kind: Literal["data", "order"] = "data" if any(one.kind == "data" for one in arrows) else "order"
        labels = dict.fromkeys(one.label for one in arrows if one.label)
        ways.append(Way(drawn[a].boxes[0].id, drawn[b].boxes[0].id, kind, ", ".join(labels), points))
    return Layout(boxes, ways, placed.width, placed.height)
