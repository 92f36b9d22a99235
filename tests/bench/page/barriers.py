"""Row W7: axe-core on each view in both themes and languages, a zoom of 200 %, and what is done by keyboard alone."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.page.counted import counted

KINDS = {
    "view x light/dark x en/zh: axe-core finds nothing (WCAG 2.2 A, AA, best practice)": "axe or stands_alone",
    "view x en/zh at 200 %: nothing sticks out": "twice_as_large",
    "by the keyboard alone": "keyboard",
}


def figures() -> list[Figure]:
    """A part of `make browser`, counted."""
    return [figure for what, chosen in KINDS.items() for figure in counted("W7", what, "tests/browser", "-k", chosen)]
