"""The picture of a look at a live model: answers and confidences, live beside where the model was checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from drift import Test, Window
from penstock_ml.picture import FAINT, INK, RIGHT, WRONG
from penstock_ml.sketch import Sketch
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN, PLOT = 760, 470, 28, 150
MOST_BARS = 24
SAID = {
    "Steady": "nothing has changed",
    "Suspicious": "this window differs; one more of the next two, and it has drifted",
    "Drifted": "two of the last three windows differ",
    "CoolingDown": "still different; an alarm was given not long ago",
    "TooFew": "too few new answers to tell",
}


def draw(sketch: Sketch, window: Window, tests: Sequence[Test], facts: Mapping[str, Any], path: Path) -> None:
    """Writes a PNG: shares of the classes, where the confidences lie, and each test's p-value."""
    small, large = ImageFont.load_default(size=13), ImageFont.load_default(size=18)
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    verdict = facts["verdict"]
    pen.text((MARGIN, 20), f"{verdict}: {SAID[verdict]}", fill=WRONG if verdict == "Drifted" else INK, font=large)
    pen.text((MARGIN, 46), f"{facts['model']}, {len(window)} answers, reference {sketch.count}", fill=FAINT, font=small)
    names = sorted(sketch.classes, key=lambda name: -sketch.classes[name])[:MOST_BARS]
    names = [name for name in sketch.classes if name in names]
    live = [window.classes.count(name) / max(len(window), 1) for name in names]
    before = [sketch.classes[name] / sketch.count for name in names]
    half = (WIDTH - 3 * MARGIN) // 2
    _bars(pen, (MARGIN, 84), half, "share of each answer", names, before, live, small)
    cells = len(sketch.confidence) - 1
    if cells > 0:
        counts = np.histogram(np.searchsorted(sketch.confidence[1:-1], window.confidence), bins=range(cells + 1))[0]
        shares = [float(count) / max(len(window), 1) for count in counts]
        ranks = [str(number) for number in range(1, cells + 1)]
        title = "confidence, by tenths of the reference" if cells == 10 else "confidence, by parts of the reference"
        _bars(pen, (2 * MARGIN + half, 84), half, title, ranks, [1 / cells] * cells, shares, small)
    for row, test in enumerate(tests):
        words = f"{test.name}: p = {test.p:.4f}, statistic {test.statistic:g}"
        pen.text((MARGIN, 308 + 22 * row), words, fill=INK, font=small)
    pen.text((MARGIN, HEIGHT - 40), "last windows: " + (", ".join(facts["windows"]) or "none"), fill=INK, font=small)
    pen.rectangle((WIDTH - 240, HEIGHT - 38, WIDTH - 230, HEIGHT - 28), fill=FAINT)
    pen.text((WIDTH - 224, HEIGHT - 40), "when checked", fill=INK, font=small)
    pen.rectangle((WIDTH - 120, HEIGHT - 38, WIDTH - 110, HEIGHT - 28), fill=RIGHT)
    pen.text((WIDTH - 104, HEIGHT - 40), "live", fill=INK, font=small)
    image.save(path, format="PNG", optimize=True)


def _bars(
    pen: Any,
    corner: tuple[int, int],
    width: int,
    title: str,
    names: Sequence[str],
    before: Sequence[float],
    live: Sequence[float],
    font: Any,
) -> None:
    left, top = corner
    pen.text((left, top), title, fill=INK, font=font)
    most = max(*before, *live, 0.01)
    base = top + 34 + PLOT
    pen.text((left + width, top), f"highest {most:.0%}", fill=FAINT, font=font, anchor="ra")
    each = width / max(len(names), 1)
    for number, (name, was, now) in enumerate(zip(names, before, live, strict=True)):
        x = left + number * each
        pen.rectangle((x + 1, base - PLOT * was / most, x + each * 0.45, base), fill=FAINT)
        pen.rectangle((x + each * 0.45 + 1, base - PLOT * now / most, x + each * 0.9, base), fill=RIGHT)
        short = name if len(name) <= each / 8 else name[: max(1, int(each / 8))]
        pen.text((x + each * 0.45, base + 12), short, fill=INK, font=font, anchor="mm")
    pen.line((left, base, left + width, base), fill=INK)
