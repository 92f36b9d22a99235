"""Row W10: whether what people ask is answered within two clicks from the list, at an address of its own."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.page.counted import counted


def figures() -> list[Figure]:
    """Each question once."""
    return counted("W10", "twelve questions, on scenes", "tests/browser/test_questions.py")
