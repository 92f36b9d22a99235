"""Row W8: who sees what, on a real API server, with texts, hosts and floods that mean ill."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.page.counted import counted

KINDS = {
    "routes x identities: as kubectl would answer": "not hostile_texts and not foreign and not flood",
    "hostile texts lead nowhere": "hostile_texts",
    "foreign hosts and pages are refused": "foreign",
    "1,000 requests that never end": "flood",
}


def figures() -> list[Figure]:
    """`make viewers`, counted."""
    return [figure for what, chosen in KINDS.items() for figure in counted("W8", what, "tests/viewers", "-k", chosen)]
