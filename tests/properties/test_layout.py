"""Whatever the graph: no box touches another, no arrow runs through a box, and the same graph looks the same."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from penstock.core.asked.layout.level import Point, level
from penstock.core.asked.layout.nested import layout
from penstock.core.asked.layout.placed import Layout, Placed
from penstock.core.asked.picture import Arrow, Box, Picture
from tests.unit.core.asked.layout.geometry import crossings

DAGRE = Path(__file__).parents[1] / "golden" / "layouts" / "dagre.json"
AIR = 4.0
"""So far boxes keep from each other at least."""


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Picture, frozenset[str]]:
    """Nested steps with arrows in the order of the graph, and what is open."""
    names = st.integers(0, 3).map("abcd".__getitem__)
    leaf_paths = draw(st.lists(st.lists(names, min_size=1, max_size=3), min_size=1, max_size=14))
    many_alike = draw(st.sampled_from([0, 0, 9, 23]))
    paths: dict[str, Box] = {}
    for number, segments in enumerate(leaf_paths):
        whole = (*segments, f"s{number}")
        paths[".".join(whole)] = Box(".".join(whole), whole, times=draw(st.sampled_from(["", "", "×3"])))
    boxes = sorted(paths.values(), key=lambda box: box.segments)
    many = len(boxes) - 1
    pairs = draw(st.lists(st.tuples(st.integers(0, many), st.integers(0, many)), max_size=24))
    ends = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    arrows = [Arrow(boxes[a].id, boxes[b].id, "data") for a, b in ends]
    first = boxes[draw(st.integers(0, many))]
    alike = [Box(".".join(path), path) for path in ((*first.segments[:-1], f"t{at}") for at in range(many_alike))]
    arrows += [Arrow(first.id, one.id, "order") for one in alike]
    boxes += alike
    groups = {".".join(box.segments[:depth]) for box in boxes for depth in range(1, 4)}
    opened = draw(st.sets(st.sampled_from(sorted(groups | paths.keys()))))
    return Picture("p", tuple(boxes), tuple(arrows), {}), frozenset(opened)


def inside(inner: Placed, outer: Placed) -> bool:
    return (
        inner.x >= outer.x
        and inner.y >= outer.y
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


def apart(one: Placed, two: Placed) -> bool:
    across = one.x + one.width + AIR <= two.x or two.x + two.width + AIR <= one.x
    return across or one.y + one.height + AIR <= two.y or two.y + two.height + AIR <= one.y


@given(pictures())
def test_boxes_touch_only_the_frames_around_them(given_: tuple[Picture, frozenset[str]]) -> None:
    found = layout(*given_, {box.id: 7 for box in given_[0].boxes if box.times})
    for at, one in enumerate(found.boxes):
        assert one.x >= 0
        assert one.y >= -0.01
        assert one.x + one.width <= found.width + 0.01
        assert one.y + one.height <= found.height + 0.01
        for two in found.boxes[:at]:
            assert inside(one, two) if two.id in _around(found, one) else apart(one, two)


@given(pictures())
def test_no_arrow_runs_through_a_box_but_those_around_it(given_: tuple[Picture, frozenset[str]]) -> None:
    found = layout(*given_)
    boxes = {box.id: box for box in found.boxes}
    for way in found.ways:
        first, last = boxes[way.source], boxes[way.target]
        ends = way.points if way.points[0][0] < way.points[-1][0] else way.points[::-1]
        assert ends == sorted(ends, key=lambda point: point[0])
        for box in _others(found, first, last):
            assert not any(_touches(a, b, box) for a, b in pairwise(way.points)), (way, box)


def _around(found: Layout, box: Placed) -> set[str]:
    boxes = {one.id: one for one in found.boxes}
    names = set()
    while box.around:
        names.add(box.around)
        box = boxes[box.around]
    return names


def _others(found: Layout, first: Placed, last: Placed) -> list[Placed]:
    around = _around(found, first) & _around(found, last)
    return [box for box in found.boxes if box not in (first, last) and box.id not in around]


def _touches(a: Point, b: Point, box: Placed) -> bool:
    """Whether a line, or the curve that leaves and reaches its ends level, comes into a box: both stay between the
    ends."""
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    across = left < box.x + box.width - 0.01 and right > box.x + 0.01
    return across and top < box.y + box.height - 0.01 and bottom > box.y + 0.01


@given(pictures())
def test_the_same_graph_looks_the_same(given_: tuple[Picture, frozenset[str]]) -> None:
    assert layout(*given_) == layout(*given_)


def test_as_few_crossings_as_dagre() -> None:
    """The 20 graphs were laid out by dagre 0.8.5 too (rankdir LR, the same sizes), and its crossings counted alike."""
    graphs = json.loads(DAGRE.read_text())
    assert len(graphs) == 20
    ours, theirs = 0, 0
    for one in graphs:
        edges: Sequence[tuple[int, int]] = [(a, b) for a, b in one["edges"]]
        ours += crossings(level([(184.0, 44.0)] * one["nodes"], edges).ways)
        theirs += one["dagre"]
    assert theirs == 307
    assert ours <= 0.8 * theirs


def test_many_that_nothing_joins_are_a_block_and_not_a_tower() -> None:
    for count in (30, 5000):
        found = layout(Picture("p", tuple(Box(f"s{at}", (f"s{at}",)) for at in range(count)), (), {}))
        assert 1 <= found.width / found.height <= 2.5
    chains = [Box(f"s{at}", (f"s{at}",)) for at in range(600)]
    arrows = tuple(Arrow(f"s{at}", f"s{at + 1}", "data") for at in range(0, 600, 2))
    found = layout(Picture("p", tuple(chains), arrows, {}))
    assert 1 <= found.width / found.height <= 2.5
