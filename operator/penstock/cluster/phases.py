"""Phases that are an end, and the phase of a group of steps."""

from collections import Counter
from collections.abc import Iterable

ENDED = frozenset({"Succeeded", "Failed", "Skipped", "Cancelled"})
"""Phases that a Step ends in."""

PIPELINE_ENDED = frozenset({"Succeeded", "Failed", "Cancelled", "Invalid"})
"""Phases that a Pipeline ends in."""

BY_INTEREST = ("Failed", "Retrying", "Running", "Cancelled", "Queued", "Skipped", "Pending", "Succeeded")
"""What a reader wants to see first when there is not room for all."""


def together(phases: Iterable[str]) -> str:
    """The phase of a fan-out or composite: the worst once all have ended, else how far it is."""
    counts = Counter(phases)
    if counts.keys() <= ENDED:
        return next((one for one in ("Failed", "Cancelled", "Succeeded") if counts[one]), "Skipped")
    if counts["Running"] or counts["Retrying"]:
        return "Running"
    if counts.keys() & ENDED:
        return "Queued" if counts["Queued"] else "Running"
    return "Queued" if counts["Queued"] else "Pending"


def summary(phases: Iterable[str]) -> str:
    """`150 Succeeded, 30 Queued`, most interesting first."""
    counts = Counter(phases)
    ordered = [*(one for one in BY_INTEREST if counts[one]), *sorted(counts.keys() - set(BY_INTEREST))]
    return ", ".join(f"{counts[one]} {one}" for one in ordered)
