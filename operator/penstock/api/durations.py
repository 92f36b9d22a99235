"""Durations as Go and Kubernetes write them: `90s`, `1h30m`, `1.5s`, `250ms`; and as kubectl tells people.

`render` is exact, for what somebody wrote or will compare or add up: timeouts, estimates, plans. `human` is for how
long something took, as a reader knows it from the other columns of `kubectl get`.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
PATTERN = r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"
LONGEST = 10 * 365 * 24 * 3600.0


def parse(text: str) -> float:
    """Seconds of a duration such as `1h30m`.

    Raises ValueError with what is wrong and an example of what is right.
    """
    end = 0
    seconds = 0.0
    for part in _PART.finditer(text):
        if part.start() != end:
            break
        seconds += float(part[1]) * _UNITS[part[2]]
        end = part.end()
    if not text or end != len(text):
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 10m or 1h30m")
    if seconds > LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return seconds


def render(seconds: float) -> str:
    """A duration in the shortest usual form: `0s`, `850ms`, `12s`, `3m20s`, `2h5m`, `3d4h`."""
    if seconds < 0:
        return "-" + render(-seconds)
    if seconds < 1:
        return f"{round(seconds * 1000)}ms" if seconds else "0s"
    whole = round(seconds)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    if days:
        return f"{days}d{hours}h" if hours else f"{days}d"
    if hours:
        return f"{hours}h{minutes}m" if minutes else f"{hours}h"
    if minutes:
        return f"{minutes}m{secs}s" if secs else f"{minutes}m"
    return f"{secs}s"


def human(seconds: float) -> str:
    """How long something took or is ago, as kubectl says it (apimachinery's duration.HumanDuration).

    `45s`, `101s`, `3m20s`, `25m`, `3h5m`, `3d4h`: two units while they matter, one beyond.
    """
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 120:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    years = days // 365
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


def _check(text: str) -> str:
    parse(text)
    return text


Duration = Annotated[str, StringConstraints(pattern=PATTERN, max_length=32), AfterValidator(_check)]
