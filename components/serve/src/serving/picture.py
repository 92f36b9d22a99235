"""The picture of a deployment: what it had to show and what it showed, and how fast both models answer."""

from collections.abc import Sequence
from pathlib import Path

from penstock_ml.picture import FAINT, INK, MARGIN, RIGHT, WRONG
from PIL import Image, ImageDraw, ImageFont

from serving.gate import Limits, Shown, quantile

WIDTH, BAR, ROW = 640, 320, 34
HEIGHT = 150
"""Of the curve."""
LIVE = (134, 142, 150)


def draw(title: str, lines: Sequence[str], shown: Shown, limits: Limits, path: Path) -> None:
    """Writes a PNG: a bar for each share with its limit as a line, and the seconds of requests by their rank."""
    small, large = ImageFont.load_default(size=14), ImageFont.load_default(size=17)
    figures = shown.figures
    bars = [("accuracy", figures.accuracy, limits.floor), ("agreement", figures.agreement, limits.agreement)]
    bars = [bar for bar in bars if bar[1] is not None]
    curve = HEIGHT + 70 if shown.new else 0
    top = MARGIN + 32 + 22 * len(lines) + 12
    image = Image.new("RGB", (WIDTH, top + ROW * len(bars) + curve + MARGIN), "white")
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, MARGIN), title, fill=INK, font=large)
    for number, line in enumerate(lines):
        pen.text((MARGIN, MARGIN + 32 + 22 * number), line, fill=FAINT, font=small)
    left = MARGIN + 100
    for number, (name, value, limit) in enumerate(bars):
        assert value is not None
        y = top + ROW * number
        pen.text((MARGIN, y + 10), name, fill=INK, font=small, anchor="lm")
        pen.rectangle((left, y, left + BAR, y + 20), fill=(241, 243, 245))
        pen.rectangle((left, y, left + round(BAR * value), y + 20), fill=RIGHT if value >= limit else WRONG)
        edge = left + round(BAR * limit)
        pen.line((edge, y - 3, edge, y + 23), fill=INK, width=2)
        pen.text((left + BAR + 12, y + 10), f"{value:.1%}, at least {limit:.1%}", fill=INK, font=small, anchor="lm")
    if curve:
        _curve(pen, (left, top + ROW * len(bars) + 40), shown, small)
    image.save(path, format="PNG", optimize=True)


def _curve(pen: ImageDraw.ImageDraw, corner: tuple[int, int], shown: Shown, font: ImageFont.FreeTypeFont) -> None:
    """Seconds of single requests over the share of requests that are as fast: the lower, the faster."""
    left, top = corner
    # The slowest of a few hundred requests may be any; the axis ends where 99 of 100 have ended.
    most = max(quantile(one, 0.99) for one in (shown.new, shown.live) if one) * 1.1
    pen.rectangle((left, top, left + BAR, top + HEIGHT), outline=(222, 226, 230))
    pen.text((MARGIN, top), f"{most * 1000:.1f} ms", fill=FAINT, font=font, anchor="lm")
    pen.text((MARGIN, top + HEIGHT), "0", fill=FAINT, font=font, anchor="lm")
    pen.text((left, top - 22), "time of a request, from the fastest to the slowest", fill=FAINT, font=font, anchor="lm")
    for row, (name, values, colour) in enumerate((("live so far", shown.live, LIVE), ("new", shown.new, RIGHT))):
        if values:
            points = [
                (left + BAR * step / 100, top + HEIGHT - HEIGHT * min(1.0, quantile(values, step / 100) / most))
                for step in range(1, 101)
            ]
            pen.line(points, fill=colour, width=3)
            words = f"{name}: p99 {quantile(values, 0.99) * 1000:.1f} ms"
            pen.text((left + BAR + 12, top + 20 + 24 * row), words, fill=colour, font=font, anchor="lm")
