"""How large things are drawn."""

from math import ceil, sqrt

WIDTH, HEIGHT = 184.0, 44.0
"""A step."""
TALL = 58.0
"""One that stands for several: a fan-out or a composite, with a strip that tells how they stand."""
ACROSS, DOWN = 64.0, 18.0
"""Room between layers, and between what is in one."""
BESIDE = 24.0
"""Room between columns of what no arrow joins."""
ALIKE = 8
"""More steps than these that need the same, and that the same need, stand in a block with one arrow for all."""
PASSAGE = 6.0
"""Height of what a long arrow goes through."""
PADDING, TITLE = 16.0, 32.0
"""Of a frame: around what is in it, and above that."""
EDGE = 10.0
"""Of a block: around what is in it."""
CELL = 14.0
"""An instance in an open fan-out, with its distance to the next."""
BAND = 96.0
"""Between the steps and those of `finally`."""


def cells(count: int) -> tuple[int, float, float]:
    """Columns, width and height of an open fan-out of so many instances: about twice as wide as it is high."""
    least = int((WIDTH - 2 * PADDING) // CELL)
    columns = max(least, ceil(sqrt(2 * count)))
    rows = max(1, ceil(count / columns))
    return columns, max(WIDTH, columns * CELL + 2 * PADDING), rows * CELL + TITLE + PADDING
