"""Instants as the API writes them (RFC 3339, UTC) and as the core computes with them (seconds since 1970)."""

from datetime import UTC, datetime


def instant(text: str | None) -> float | None:
    """Seconds since 1970 of an RFC 3339 text; None of None."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def stamp(seconds: float) -> str:
    """RFC 3339 text to the second, as metav1.Time has it."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
