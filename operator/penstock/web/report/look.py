"""How the page looks: the page's own colours, also in the drawings, which have theirs by number."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from penstock.core.asked.diagram import EDGE, GROUND, PAPER, PHASES
from penstock.core.asked.drawing import FAINT, INK, STYLE
from penstock.core.asked.gantt import EXPECTED, GRID, KINDS, NOW, WAITS

_HERE = Path(__file__).parent
_BASE = _HERE.parent / "static" / "style" / "base.css"
_WORDS = {
    "Succeeded": "good",
    "Failed": "bad",
    "Running": "run",
    "Retrying": "again",
    "Queued": "wait",
    "Cancelled": "stop",
    "Skipped": "idle",
}
_COLOURS = {
    INK: "var(--ink)",
    FAINT: "var(--soft)",
    PAPER: "var(--paper)",
    GROUND: "var(--ground)",
    EDGE: "var(--strong-rule)",
    GRID: "var(--rule)",
    WAITS: "var(--strong-rule)",
    NOW: "var(--bad)",
    **{PHASES[phase]: f"var(--{word})" for phase, word in _WORDS.items()},
    **{EXPECTED[kind]: f"color-mix(in srgb, {KINDS[kind]} 40%, var(--paper))" for kind in KINDS},
}


def style() -> str:
    """The style sheet."""
    drawn = STYLE.replace("text{", "svg text{").replace(".small{", "svg .small{").replace(".title{", "svg .title{")
    return "\n".join([_BASE.read_text("utf-8"), drawn, *_painted(), (_HERE / "report.css").read_text("utf-8")])


def _painted() -> Iterator[str]:
    for colour, own in _COLOURS.items():
        yield f'svg [fill="{colour}"] {{ fill: {own}; }} svg [stroke="{colour}"] {{ stroke: {own}; }}'
    yield "svg text { fill: var(--ink); } svg text.small { fill: var(--soft); }"


def policy(sheet: str) -> str:
    """The Content-Security-Policy of a page that has this style sheet and nothing else."""
    digest = b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
