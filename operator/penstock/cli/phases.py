"""How phases look: a sign and a style for each, and the phase of a group of steps."""

import sys
from collections import Counter
from collections.abc import Iterable

STYLES = {
    "Pending": "dim",
    "Queued": "yellow",
    "Running": "cyan",
    "Retrying": "magenta",
    "Undoing": "magenta",
    "Suspended": "yellow",
    "Succeeded": "green",
    "Failed": "red",
    "Invalid": "red",
    "Skipped": "dim",
    "Cancelled": "yellow",
}
_SIGNS = {
    "Pending": "·",
    "Queued": "○",
    "Running": "●",
    "Retrying": "↻",
    "Succeeded": "✓",
    "Failed": "✗",
    "Skipped": "-",
    "Cancelled": "⊘",
}
_PLAIN_SIGNS = {"·": ".", "○": "o", "●": ">", "↻": "~", "✓": "+", "✗": "x", "⊘": "/"}

ENDED = frozenset({"Succeeded", "Failed", "Skipped", "Cancelled"})
"""Phases that a Step ends in."""

PIPELINE_ENDED = frozenset({"Succeeded", "Failed", "Cancelled", "Invalid"})
"""Phases that a Pipeline ends in."""

BY_INTEREST = ("Failed", "Retrying", "Running", "Cancelled", "Queued", "Skipped", "Pending", "Succeeded")
"""What a reader wants to see first when there is not room for all."""


def sign(phase: str) -> str:
    """One character for a phase, plain where the terminal has no other."""
    found = _SIGNS.get(phase, "?")
    try:
        found.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN_SIGNS.get(found, found)
    return found


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
