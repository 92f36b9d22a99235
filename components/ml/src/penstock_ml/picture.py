"""Pictures of a confusion matrix, and of shares by group and class, drawn with Pillow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CELL = 56
SMALL_CELL = 12
MOST_NAMED = 30
"""With more classes, cells are small, and neither names nor numbers are written: they would fill walls."""
MARGIN = 24
INK = (33, 37, 41)
FAINT = (134, 142, 150)
RIGHT = (8, 81, 156)
WRONG = (178, 34, 34)


def draw_confusion(counts: Any, classes: tuple[str, ...], title: str, path: Path) -> None:
    """Writes a PNG: a row for each true class, a column for each predicted one, shaded by its share of the row.

    `counts` is a square array of whole numbers as `scores.confusion` gives it. Right answers are blue, wrong ones red.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    words = [[str(int(count)) if count else "" for count in row] for row in counts]
    right = np.eye(len(classes), dtype=bool)
    _draw(_Grid(("actual", classes), ("predicted", classes), shares, words, right), title, path)


def draw_shares(shares: Any, groups: tuple[str, ...], classes: tuple[str, ...], title: str, path: Path) -> None:
    """Writes a PNG: a row for each group, a column for each class, shaded by the share of right answers (0 to 1)."""
    words = [[f"{share * 100:.0f}" for share in row] for row in shares]
    right = np.ones(shares.shape, dtype=bool)
    _draw(_Grid(("left out", groups), ("% of these right", classes), shares, words, right), title, path)


@dataclass(frozen=True)
class _Grid:
    """`rows` and `columns`: what they are, and their names. `shares`, `words` and `right` say how a cell looks."""

    rows: tuple[str, tuple[str, ...]]
    columns: tuple[str, tuple[str, ...]]
    shares: Any
    words: list[list[str]]
    right: Any


def _draw(grid: _Grid, title: str, path: Path) -> None:
    small, large = ImageFont.load_default(size=14), ImageFont.load_default(size=17)
    (down, rows), (along, columns) = grid.rows, grid.columns
    named = max(len(rows), len(columns)) <= MOST_NAMED
    cell = CELL if named else SMALL_CELL
    widest, broadest = (max(map(small.getlength, names)) if named else 0 for names in (rows, columns))
    left, top = int(MARGIN + 20 + widest + 10), MARGIN + 76
    # A column's name must fit over its cell; longer ones widen all columns alike.
    width = max(cell, int(broadest) + 10) if named else cell
    right = max(left + width * len(columns), int(MARGIN + large.getlength(title)))
    image = Image.new("RGB", (right + MARGIN, top + cell * len(rows) + MARGIN), "white")
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN), title, fill=INK, font=large)
    draw.text((left, top - 46), along, fill=FAINT, font=small)
    draw.text((MARGIN, top - 24), down, fill=FAINT, font=small)

    for column, name in enumerate(columns if named else ()):
        draw.text((left + column * width + width // 2, top - 14), name, fill=INK, font=small, anchor="mm")
    for row, name in enumerate(rows):
        if named:
            draw.text((left - 10, top + row * cell + cell // 2), name, fill=INK, font=small, anchor="rm")
        for column in range(len(columns)):
            share = float(grid.shares[row, column])
            corner = (left + column * width, top + row * cell)
            box = (*corner, corner[0] + width - 2, corner[1] + cell - 2)
            draw.rectangle(box, fill=shade(RIGHT if grid.right[row, column] else WRONG, share))
            if named and grid.words[row][column]:
                ink = "white" if share > 0.45 else INK
                centre = (corner[0] + width // 2 - 1, corner[1] + cell // 2 - 1)
                draw.text(centre, grid.words[row][column], fill=ink, font=small, anchor="mm")
    image.save(path, format="PNG", optimize=True)


def shade(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """The colour of a cell that holds this share (0 to 1) of its row: from light grey to the full `colour`."""
    # The square root lifts small shares, so that a few mistakes among many right answers can be seen.
    weight = share**0.5
    red, green, blue = (round(244 + (part - 244) * weight) for part in colour)
    return red, green, blue
