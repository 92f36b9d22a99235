"""Ages of objects and spans between their times, as kubectl shows them."""

from datetime import datetime
from typing import Any


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
    from penstock.api.durations import human  # with it come all the models, which no help needs

    over = seconds_of(end)
    return human(max(0.0, (now if over is None else over) - began))


def age(obj: dict[str, Any], now: float) -> str:
    """Age of an object."""
    return span((obj.get("metadata") or {}).get("creationTimestamp"), None, now) or "<unknown>"
