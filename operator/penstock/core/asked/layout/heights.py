"""How far down each node stands: near its neighbours, in the order of its layer, without touching another."""

from collections.abc import Sequence

from penstock.core.asked.layout.layers import Edge
from penstock.core.asked.layout.order import neighbours

SWEEPS = 6
STRAIGHT = 8.0
"""By so much more a link between passages pulls than others: long arrows are to be straight."""


def heights(
    layers: Sequence[Sequence[int]], links: Sequence[Edge], tall: Sequence[float], count: int, gap: float
) -> list[float]:
    """The middle of each node and passage, from 0 at the top. `tall`: their heights; numbers from `count` on are
    passages."""
    before, after = neighbours(links, len(tall))
    middle = [0.0] * len(tall)
    for layer in layers:
        top = 0.0
        for node in layer:
            middle[node] = top + tall[node] / 2
            top += tall[node] + gap
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        toward = before if forward else after
        for at in range(len(layers)) if forward else reversed(range(len(layers))):
            _settle(layers[at], toward, middle, tall, count, gap)
    if middle:
        top = min(place - size / 2 for place, size in zip(middle, tall, strict=True))
        middle = [place - top for place in middle]
    return middle


def _settle(
    layer: Sequence[int],
    toward: Sequence[Sequence[int]],
    middle: list[float],
    tall: Sequence[float],
    count: int,
    gap: float,
) -> None:
    """Moves a layer to where the squares of the ways to its neighbours are least while all keep their distance.

    With the distances taken off, that is an isotonic regression, which pooling adjacent violators solves exactly
    (Barlow and others, "Statistical Inference under Order Restrictions", 1972).
    """
    blocks: list[list[float]] = []  # weight, weighted sum, number of nodes
    offsets: list[float] = []
    offset = 0.0
    for at, node in enumerate(layer):
        if at:
            offset += (tall[layer[at - 1]] + tall[node]) / 2 + gap
        offsets.append(offset)
        near = toward[node]
        if near:
            weight = STRAIGHT if node >= count and near[0] >= count else float(len(near))
            wanted = sum(middle[one] for one in near) / len(near)
        else:
            weight, wanted = 0.1, middle[node]
        blocks.append([weight, weight * (wanted - offset), 1])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] > blocks[-1][1] * blocks[-2][0]:
            last = blocks.pop()
            for number in range(3):
                blocks[-1][number] += last[number]
    at = 0
    for weight, total, size in blocks:
        for _ in range(int(size)):
            middle[layer[at]] = total / weight + offsets[at]
            at += 1
