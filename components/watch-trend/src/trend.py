"""When the share of bad news has risen: a cumulative sum over windows of time, against what was usual before.

CUSUM (Page 1954): S = max(0, S + (share - usual) / deviation - slack), and an alarm once S exceeds a limit. `usual`
moves: it is the mean of the windows before, so that a new normal is no alarm for ever. There is no second alarm until S
was down at half the limit again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from penstock_ml.posts import Found

LEAST = 10
"""Windows before, below which nothing is usual yet."""


@dataclass(frozen=True)
class Window:
    """`end` is its last day; `share` of `count` texts are bad news. `usual` and `score` are None at first."""

    end: date
    count: int
    share: float
    usual: float | None = None
    score: float | None = None
    alarm: bool = False
    raised: bool = False


def windows(found: Sequence[Found], now: date, days: float) -> list[Window]:
    """Windows of so many days that end with `now`, oldest first; none without texts, nothing later."""
    groups: dict[int, list[bool]] = {}
    for one in found:
        if one.date <= now:
            groups.setdefault(int((now - one.date).days / days), []).append(one.bad)
    return [
        Window(now - timedelta(days=place * days), len(bad), sum(bad) / len(bad))
        for place, bad in sorted(groups.items(), reverse=True)
    ]


def judged(seen: Sequence[Window], *, before: int, slack: float, limit: float) -> list[Window]:
    """The windows with what was usual of the `before` ones, their scores and alarms."""
    result: list[Window] = []
    score, raised = 0.0, False
    for place, window in enumerate(seen):
        past = [one.share for one in seen[max(0, place - before) : place]]
        if len(past) < LEAST:
            result.append(window)
            continue
        usual = float(np.mean(past))
        score = max(0.0, score + (window.share - usual) / _deviation(past, usual, window.count) - slack)
        alarm = score > limit and not raised
        raised = alarm or (raised and score > limit / 2)
        result.append(Window(window.end, window.count, window.share, usual, score, alarm, raised))
    return result


def _deviation(past: Sequence[float], usual: float, count: int) -> float:
    """As shares have differed before; at least what drawing `count` texts alone makes them differ."""
    drawn = math.sqrt(max(usual * (1 - usual), 1e-4) / count)
    return max(float(np.std(past, ddof=1)), drawn)
