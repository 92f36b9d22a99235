"""Row 6 as a picture: what a step costs, as the number of steps grows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from tests.bench.figures import Summary, number, spaced
from tests.cluster.paths import CHECKOUT

PICTURE = CHECKOUT / "docs" / "pictures" / "growth.svg"
_POINT = re.compile(r"^([\d,]+) steps: (.+)$")
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 360, 120, 24, 44, 76


def write(found: Sequence[Summary], picture: Path = PICTURE) -> bool:
    """Draw the picture anew if figures of row 6 were measured; whether they were."""
    curves = _curves(found)
    if curves:
        picture.write_text(svg(curves))
    return bool(curves)


def _curves(found: Sequence[Summary]) -> dict[str, list[tuple[int, Summary]]]:
    """By what is measured: numbers of steps, and what was measured with so many."""
    curves: dict[str, list[tuple[int, Summary]]] = {}
    for one in found:
        point = _POINT.match(one.figure.what) if one.figure.row == 6 else None
        if point:
            curves.setdefault(point[2], []).append((int(point[1].replace(",", "")), one))
    return curves


def svg(curves: dict[str, list[tuple[int, Summary]]]) -> str:
    """One small diagram a curve, two in a row; steps on a logarithmic axis, values from 0."""
    rows = -(-len(curves) // 2)
    width, height = 2 * (_WIDTH + 2 * _LEFT), rows * (_HEIGHT + _GAP) + 12
    style = "text{font:12px sans-serif;fill:#57606a}.t{font-weight:600}path{fill:none;stroke:#0969da;stroke-width:2}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">']
    parts += ["<title>What a step costs as Pipelines grow</title>", f"<style>{style}circle{{fill:#0969da}}</style>"]
    for place, (title, points) in enumerate(curves.items()):
        left, top = _LEFT + place % 2 * (_WIDTH + 2 * _LEFT), _TOP + place // 2 * (_HEIGHT + _GAP)
        parts += _diagram(title, points, left, top)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _diagram(title: str, points: list[tuple[int, Summary]], left: int, top: int) -> Iterator[str]:
    logs = [math.log10(steps) for steps, _ in points]
    span, most = (logs[-1] - logs[0]) or 1.0, max(one.median for _, one in points) or 1.0
    at = [
        (left + (log - logs[0]) / span * _WIDTH, top + _HEIGHT * (1 - one.median / most))
        for log, (_, one) in zip(logs, points, strict=True)
    ]
    yield f'<text class="t" x="{left}" y="{top - 26}">{escape(title)}</text>'
    yield f'<path style="stroke:#d0d7de;stroke-width:1" d="M{left} {top + _HEIGHT}h{_WIDTH}"/>'
    yield f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in at)}"/>'
    for (x, y), (steps, one) in zip(at, points, strict=True):
        side = "start" if x < left + _WIDTH / 3 else "end" if x > left + _WIDTH * 2 / 3 else "middle"
        value = f"{number(one.median)}{spaced(one.figure.unit)}"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        yield f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="{side}">{value}</text>'
        yield f'<text x="{x:.1f}" y="{top + _HEIGHT + 18}" text-anchor="{side}">{steps:,} steps</text>'
