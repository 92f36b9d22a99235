"""Layers, passages and orders of small graphs that one can draw by hand."""

import itertools
import random

from penstock.core.asked.layout.layers import ROOM, layered
from penstock.core.asked.layout.order import crossings, neighbours, ordered


def test_a_node_stands_right_after_the_last_that_it_needs() -> None:
    found = layered(4, [(0, 1), (1, 2), (0, 2), (2, 3)])
    assert [sorted(one for one in layer if one < 4) for layer in found.layers] == [[0], [1], [2], [3]]


def test_what_needs_nothing_stands_right_before_the_first_that_needs_it() -> None:
    assert layered(4, [(0, 1), (1, 2), (3, 2)]).layers == [[0], [1, 3], [2]]


def test_what_touches_nothing_stands_first() -> None:
    assert layered(2, []).layers == [[0, 1]]


def test_long_arrows_of_one_source_share_their_passages() -> None:
    found = layered(5, [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2), (3, 4), (0, 4)])
    assert found.ways == [(0, 1), (1, 2), (2, 3), (0, 5, 6, 3), (0, 5, 2), (3, 4), (0, 5, 6, 7, 4)]
    assert [[one for one in layer if one > 4] for layer in found.layers] == [[], [5], [6], [7], []]
    assert len(set(found.links)) == len(found.links)


def test_a_circle_is_drawn_though_no_valid_graph_has_one() -> None:
    found = layered(3, [(0, 1), (1, 2), (2, 0)])
    assert [list(layer) for layer in found.layers] == [[0], [1, 3], [2]]
    assert found.ways[2] == (0, 3, 2)


def test_passages_are_bounded() -> None:
    """A chain of which each also feeds the last would need half a million."""
    count = 1000
    edges = [(at, at + 1) for at in range(count - 1)] + [(at, count - 1) for at in range(count - 2)]
    found = layered(count, edges)
    assert sum(map(len, found.layers)) <= count * (1 + ROOM) + 64
    assert sum(len(way) == 2 for way in found.ways) > count
    assert all({way[0], way[-1]} == set(edge) for way, edge in zip(found.ways, edges, strict=True))


def test_crossings_are_counted_as_by_comparing_all_pairs() -> None:
    for seed in range(30):
        chance = random.Random(seed)
        left, right = list(range(6)), list(range(6, 13))
        links = [(a, b) for a in left for b in right if chance.random() < 0.4]
        chance.shuffle(right)
        place = {node: at for at, node in enumerate(right)}
        pairs = itertools.combinations(links, 2)
        crossed = sum((a[0] - b[0]) * (place[a[1]] - place[b[1]]) < 0 for a, b in pairs)
        assert crossings([left, right], neighbours(links, 13)[1]) == crossed


def test_what_can_be_untangled_is() -> None:
    links = [(0, 5), (1, 4), (2, 3)]
    order = ordered([[0, 1, 2], [3, 4, 5]], links, 6)
    assert crossings(order, neighbours(links, 6)[1]) == 0
