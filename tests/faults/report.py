"""The table of docs/reliability.md: what is broken, what is expected, and what the last run found."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from tests.cluster.paths import CHECKOUT
from tests.faults.run import Verdict
from tests.faults.scenarios import SCENARIOS
from tests.plane.usage import machine

DOCUMENT = CHECKOUT / "docs" / "reliability.md"
SILENCE = 60.0
QUICK_SILENCE = 10.0
BEGIN, END = "<!-- what the last run printed -->\n", "<!-- end -->\n"


def table(verdicts: Sequence[Verdict], seed: int, silence: float) -> str:
    """Markdown."""
    by_name = {one.name: one for one in verdicts}
    rows = ["| scenario | what is broken | expected | found |", "| --- | --- | --- | --- |"]
    group = ""
    for one in SCENARIOS:
        verdict = by_name.get(one.name)
        if one.group != group:
            group = one.group
            rows.append(f"| **{group}** | | | |")
        said = "not run" if verdict is None else "<br>".join(verdict.found[:3]) or "nothing"
        quick = " (quick)" if one.quick else ""
        rows.append(
            f"| `{one.name}`{quick} | {one.course.name}: {one.what} | {one.expected} | {said.replace('|', '/')} |"
        )
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    words = f"{len(verdicts)} scenarios, seed {seed}, {silence:.0f} s of silence each; {machine()}; {day}."
    return "\n".join([words, "", *rows, ""])


def write(verdicts: Sequence[Verdict], seed: int, silence: float) -> None:
    """Puts the table into the document."""
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}{table(verdicts, seed, silence)}{END}{after}")
