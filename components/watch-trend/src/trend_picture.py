"""The picture of a trend: shares of bad news, what was usual, and the alarms."""

from collections.abc import Sequence
from pathlib import Path

from penstock_ml import charts
from penstock_ml.picture import FAINT, INK
from trend import Window

WIDTH = 980
LABELS = 8
MONTH = "%Y-%m"
BESIDE = 0.06
"""Share of the width within which an alarm's name would run into the one before."""


def draw(seen: Sequence[Window], title: str, below: str, path: Path) -> None:
    """Writes the PNG."""
    sheet = charts.Sheet(title, below, panels=1, width=WIDTH)
    frame = sheet.frame(0, "Share of bad news")
    start, end = seen[0].end, seen[-1].end
    places = [(one.end - start).days / max((end - start).days, 1) for one in seen]
    if len(seen) > 1:
        frame.curve(1, places, [one.share for one in seen])
    known = [(place, one.usual) for place, one in zip(places, seen, strict=True) if one.usual is not None]
    if len(known) > 1:
        frame.curve(0, *zip(*known, strict=True))
    last, height = -1.0, 0
    for place, one in zip(places, seen, strict=True):
        if one.alarm:
            # Names of neighbours do not stand beside each other.
            last, height = place, 18 - height if place - last < BESIDE else 0
            x, y = frame.at(place, one.share)
            sheet.dot((x, y), 5, INK)
            sheet.text((x, y - 10 - height), one.end.strftime(MONTH), 13, INK, "mb")
    for number in range(LABELS + 1):
        x, y = frame.at(number / LABELS, 0)
        sheet.text((x, y + 8), (start + (end - start) * (number / LABELS)).strftime(MONTH), 12, FAINT, "ma")
    frame.legend(("what was usual before", "each window (dots: alarms)"))
    sheet.save(path)
