"""The picture of a confusion matrix, drawn with Pillow."""

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
    small, large = ImageFont.load_default(size=14), ImageFont.load_default(size=17)
    named = len(classes) <= MOST_NAMED
    cell = CELL if named else SMALL_CELL
    widest = max(small.getlength(name) for name in classes) if named else 0
    left, top = int(MARGIN + 20 + widest + 10), MARGIN + 76
    # A column's name must fit over its cell; longer ones widen all columns alike.
    width = max(cell, int(widest) + 10) if named else cell
    right = max(left + width * len(classes), int(MARGIN + large.getlength(title)))
    image = Image.new("RGB", (right + MARGIN, top + cell * len(classes) + MARGIN), "white")
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN), title, fill=INK, font=large)
    draw.text((left, top - 46), "predicted", fill=FAINT, font=small)
    draw.text((MARGIN, top - 24), "actual", fill=FAINT, font=small)

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, name in enumerate(classes):
        middle = top + row * cell + cell // 2
        if named:
            draw.text((left - 10, middle), name, fill=INK, font=small, anchor="rm")
            draw.text((left + row * width + width // 2, top - 14), name, fill=INK, font=small, anchor="mm")
        for column in range(len(classes)):
            share = float(shares[row, column])
            corner = (left + column * width, top + row * cell)
            box = (*corner, corner[0] + width - 2, corner[1] + cell - 2)
            draw.rectangle(box, fill=shade(RIGHT if row == column else WRONG, share))
            if named and counts[row, column]:
                ink = "white" if share > 0.45 else INK
                centre = (corner[0] + width // 2 - 1, middle - 1)
                draw.text(centre, str(int(counts[row, column])), fill=ink, font=small, anchor="mm")
    image.save(path, format="PNG", optimize=True)


def shade(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """The colour of a cell that holds this share (0 to 1) of its row: from light grey to the full `colour`."""
    # The square root lifts small shares, so that a few mistakes among many right answers can be seen.
    weight = share**0.5
    red, green, blue = (round(244 + (part - 244) * weight) for part in colour)
    return red, green, blue
