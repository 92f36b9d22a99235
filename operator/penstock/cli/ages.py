"""Ages and durations as kubectl shows them (apimachinery's duration.HumanDuration)."""

from datetime import datetime
from typing import Any


def human(seconds: float) -> str:
    """`45s`, `3m20s`, `2h5m`, `3d4h`: two units while they matter, one beyond."""
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


def seconds_of(text: Any) -> float | None:
    """Seconds since 1970 of an RFC 3339 text; None if it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def span(start: Any, end: Any, now: float) -> str:
    """Time from one RFC 3339 text to another, or until now; nothing if there is no start."""
    began = seconds_of(start)
    if began is None:
        return ""
    over = seconds_of(end)
    return human(max(0.0, (now if over is None else over) - began))


def age(obj: dict[str, Any], now: float) -> str:
    """Age of an object."""
    return span((obj.get("metadata") or {}).get("creationTimestamp"), None, now) or "<unknown>"
