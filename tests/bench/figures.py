"""Measured figures, and what several trials say together."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. ``row`` is the row of the goals that it belongs to, ``goal`` the words of the goal.

    ``limit`` is the goal as a number (``at_least``: the value must reach it; otherwise it must not exceed it);
    without one the figure is there to compare with.
    """

    row: int
    what: str
    value: float
    unit: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def goal(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)}{spaced(self.unit)}"


@dataclass(frozen=True)
class Summary:
    """The trials of one figure."""

    figure: Figure
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> str:
        """Least and greatest value; empty for one trial."""
        if len(self.values) < 2:
            return ""
        return f"{number(min(self.values))} to {number(max(self.values))}"

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None without a goal."""
        limit = self.figure.limit
        if limit is None:
            return None
        return self.median >= limit if self.figure.at_least else self.median <= limit


def summaries(figures: Sequence[Figure]) -> list[Summary]:
    """The figures of all trials, those of one kind together, by row and then as they came."""
    kinds: dict[tuple[int, str], list[Figure]] = {}
    for figure in figures:
        kinds.setdefault((figure.row, figure.what), []).append(figure)
    ordered = sorted(kinds.values(), key=lambda found: found[0].row)
    return [Summary(found[0], tuple(figure.value for figure in found)) for found in ordered]


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
