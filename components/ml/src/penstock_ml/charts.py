"""Bars and curves as a PNG, drawn with Pillow at twice the size and then made smaller, so that edges are smooth."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from penstock_ml.picture import FAINT, INK, MARGIN

SCALE = 2
PANEL = (430, 300)
GAP = 96
TOP = 118
COLOURS = ((8, 81, 156), (230, 126, 34), (173, 181, 189))
GRID = (222, 226, 230)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Sheet:
    """A white sheet with a title and panels of a `width` beside each other."""

    def __init__(self, title: str, below: str, panels: int, width: int = PANEL[0]) -> None:
        self.panel = width
        width = 2 * MARGIN + 48 + panels * self.panel + (panels - 1) * GAP
        self._size = (width, TOP + PANEL[1] + 88)
        self._image = Image.new("RGB", tuple(SCALE * one for one in self._size), "white")
        self._draw = ImageDraw.Draw(self._image)
        self.text((MARGIN, MARGIN), title, 19, INK, "la")
        self.text((MARGIN, MARGIN + 28), below, 14, FAINT, "la")

    def text(self, at: tuple[float, float], words: str, size: int, ink: Any, anchor: str) -> None:
        """Words at a place, with Pillow's anchors."""
        place = (at[0] * SCALE, at[1] * SCALE)
        self._draw.text(place, words, fill=ink, font=ImageFont.load_default(size=size * SCALE), anchor=anchor)

    def line(self, points: Sequence[tuple[float, float]], ink: Any, width: float) -> None:
        """A line through these places."""
        places = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(places, fill=ink, width=round(width * SCALE), joint="curve")

    def box(self, corners: tuple[float, float, float, float], ink: Any) -> None:
        """A filled rectangle."""
        self._draw.rectangle([round(one * SCALE) for one in corners], fill=ink)

    def dot(self, at: tuple[float, float], radius: float, ink: Any) -> None:
        """A filled circle with a white rim."""
        for r, colour in ((radius + 2, "white"), (radius, ink)):
            self._draw.ellipse(
                [(at[0] - r) * SCALE, (at[1] - r) * SCALE, (at[0] + r) * SCALE, (at[1] + r) * SCALE], colour
            )

    def frame(self, number: int, heading: str, most: float = 1.0) -> "Frame":
        """A panel with its grid, whose vertical axis goes from 0 to the share `most`."""
        left = MARGIN + 48 + number * (self.panel + GAP)
        self.text((left, TOP - 26), heading, 15, INK, "la")
        for tenth in range(0, 11, 2):
            y = TOP + PANEL[1] * (1 - tenth / 10)
            self.line([(left, y), (left + self.panel, y)], GRID, 1)
            self.text((left - 8, y), f"{tenth * 10 * most:g} %", 12, FAINT, "rm")
        return Frame(self, left, most)

    def save(self, path: Path) -> None:
        """Writes the PNG."""
        self._image.resize(self._size, Image.Resampling.BOX).save(path, format="PNG", optimize=True)


class Frame:
    """A panel: `x` is a share of its width, `y` what its vertical axis counts."""

    def __init__(self, sheet: Sheet, left: float, most: float) -> None:
        self._sheet = sheet
        self._left = left
        self._most = most

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place of a point of the panel on the sheet."""
        return self._left + x * self._sheet.panel, TOP + PANEL[1] * (1 - y / self._most)

    def bars(self, groups: Mapping[str, Mapping[str, float]]) -> None:
        """Groups of bars, each with its share written above it."""
        for place, (group, shares) in enumerate(groups.items()):
            middle = (place + 0.5) / len(groups)
            width = 0.74 / len(groups) / len(shares)
            for number, share in enumerate(shares.values()):
                left = middle + (number - len(shares) / 2) * width
                x, y = self.at(left, share)
                right, bottom = self.at(left + width, 0)
                self._sheet.box((x + 2, y, right - 2, bottom), COLOURS[number])
                self._sheet.text(((x + right) / 2, y - 4), f"{share * 100:.1f} %", 13, INK, "mb")
            x, y = self.at(middle, 0)
            self._sheet.text((x, y + 10), group, 14, INK, "ma")

    def across(self, label: str) -> None:
        """Names the horizontal axis, which goes from 0 to 100 %."""
        for tenth in range(0, 11, 2):
            x, y = self.at(tenth / 10, 0)
            self._sheet.text((x, y + 8), f"{tenth * 10} %", 12, FAINT, "ma")
        x, y = self.at(0.5, 0)
        self._sheet.text((x, y + 28), label, 13, FAINT, "ma")

    def curve(self, number: int, x: Any, y: Any) -> None:
        """A line in the colour of that number."""
        self._sheet.line([self.at(float(a), float(b)) for a, b in zip(x, y, strict=True)], COLOURS[number], 2.5)

    def point(self, x: float, y: float, words: str) -> None:
        """A dot with words above it, on a white ground."""
        place = self.at(x, y)
        self._sheet.dot(place, 5, INK)
        self._sheet.text((place[0] + 10, place[1] - 12), words, 13, INK, "lb")

    def legend(self, names: Sequence[str]) -> None:
        """What the colours stand for, below the panel."""
        x, y = self.at(0, 0)
        for number, name in enumerate(names):
            self._sheet.box((x, y + 54, x + 12, y + 66), COLOURS[number])
            self._sheet.text((x + 18, y + 60), name, 13, INK, "lm")
            x += 34 + ImageFont.load_default(size=13).getlength(name)
