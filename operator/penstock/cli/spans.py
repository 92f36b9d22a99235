"""Durations on the command line."""

from penstock.cluster.failure import Failure


def seconds(text: str | None) -> float | None:
    """Seconds of a duration such as `90s` or `10m`, or of a plain number; None of None."""
    if text is None:
        return None
    from penstock.api import durations

    try:
        return float(text) if text.replace(".", "", 1).isdecimal() else durations.parse(text)
    except ValueError as error:
        raise Failure(f"--timeout: {error}") from error
