"""How phases look: a sign and a style for each."""

import sys

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


def sign(phase: str) -> str:
    """One character for a phase, plain where the terminal has no other."""
    found = _SIGNS.get(phase, "?")
    try:
        found.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN_SIGNS.get(found, found)
    return found
