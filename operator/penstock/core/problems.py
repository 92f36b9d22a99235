"""What is wrong with a manifest: all of it at once, each with its path."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from penstock.core.reasons import Reason


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding: where (`spec.steps[3].inputs[0].from`), what kind, and a sentence that says how to fix it."""

    path: str
    reason: Reason
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def nearest(name: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)` if one of the known names resembles the given one, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
