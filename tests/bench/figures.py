"""Measured figures, and what several trials say together."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Row = int | str
"""A row of the operator's goals, 1 and up, or of the web page's, ``W1`` and up; 0 is the calibration."""
TIMES = ("ms", "s")
RATES = ("steps/s", "Jobs/s")
"""Units of figures that a slow machine makes worse."""


@dataclass(frozen=True)
class Figure:
    """One measured value. ``row`` is the row of the goals that it belongs to, ``goal`` the words of the goal.

    ``limit`` is the goal as a number (``at_least``: the value must reach it; otherwise it must not exceed it);
    without one the figure is there to compare with. ``peer``: what another project needs for the same, and which.
    """

    row: Row
    what: str
    value: float
    unit: str = ""
    limit: float | None = None
    at_least: bool = False
    peer: str = ""

    @property
    def goal(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)}{spaced(self.unit)}"


@dataclass(frozen=True)
class Summary:
    """The trials of one figure. ``slowness``: how many times as long as on the reference machine everything takes."""

    figure: Figure
    values: tuple[float, ...]
    slowness: float = 1.0

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def calibrated(self) -> float:
        """The median as it would be on the reference machine; of a ratio, a count or a size the median itself."""
        if self.figure.unit in TIMES:
            return self.median / self.slowness
        return self.median * self.slowness if self.figure.unit in RATES else self.median

    @property
    def spread(self) -> str:
        """Least and greatest value; empty for one trial."""
        if len(self.values) < 2:
            return ""
        return f"{number(min(self.values))} to {number(max(self.values))}"

    @property
    def met(self) -> bool | None:
        """Whether the calibrated median reaches the goal; None without a goal."""
        limit = self.figure.limit
        if limit is None:
            return None
        return self.calibrated >= limit if self.figure.at_least else self.calibrated <= limit


def summaries(figures: Sequence[Figure], slowness: float = 1.0) -> list[Summary]:
    """The figures of all trials, those of one kind together, by row and then as they came."""
    kinds: dict[tuple[Row, str], list[Figure]] = {}
    for figure in figures:
        kinds.setdefault((figure.row, figure.what), []).append(figure)
    ordered = sorted(kinds.values(), key=lambda found: place(found[0].row))
    return [Summary(found[0], tuple(figure.value for figure in found), slowness) for found in ordered]


def row(text: str) -> Row:
    """The row of that name.

    Raises:
        ValueError: it is the name of none.
    """
    if not re.fullmatch(r"W?\d+", text):
        raise ValueError(f"{text!r} is no row: 1, 2, ... or W1, W2, ...")
    return text if text.startswith("W") else int(text)


def place(row: Row) -> tuple[bool, int]:
    """Where a row stands among the others: those of the page come last."""
    return isinstance(row, str), int(str(row).removeprefix("W"))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed (nearest rank)."""
    ranked = sorted(values)
    rank = -(-len(ranked) * share // 1)
    return ranked[max(0, int(rank) - 1)]


def number(value: float) -> str:
    """Three significant digits, no exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return text if "e" not in text else f"{value:.6f}".rstrip("0")


def spaced(unit: str) -> str:
    return f" {unit}" if unit else ""
