"""The table of docs/reliability.md: what is broken, what is expected, and what was found when it was last run."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from tests.cluster.paths import CHECKOUT
from tests.faults.run import Verdict
from tests.faults.scenarios import SCENARIOS
from tests.plane.usage import machine

DOCUMENT = CHECKOUT / "docs" / "reliability.md"
SILENCE = 60.0
QUICK_SILENCE = 10.0
BEGIN, END = "<!-- what the last run printed -->\n", "<!-- end -->\n"
NOT_RUN = "not run"
_ROW = re.compile(r"^\| `([^`]+)`.* \| ([^|]*) \|$", re.MULTILINE)
MOST_TOLD, MOST_LETTERS = 3, 110


def told(verdict: Verdict) -> str:
    """What a run found, as a cell of the table."""
    lines = [line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS]}..." for line in verdict.found[:MOST_TOLD]]
    more = [f"and {len(verdict.found) - MOST_TOLD} more"] if len(verdict.found) > MOST_TOLD else []
    return "<br>".join([*lines, *more]).replace("|", "/") or "nothing"


def table(verdicts: Sequence[Verdict], seed: int, silence: float, before: str = "") -> str:
    """Markdown. What these verdicts do not tell of is as the table `before` had it."""
    found = dict(_ROW.findall(before)) | {one.name: told(one) for one in verdicts}
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    words = f"seed {seed}, {silence:.0f} s of silence each; {machine()}; {day}"
    edits = [one for one in verdicts if one.name.startswith("edits-")]
    if {one.name for one in verdicts} >= {one.name for one in SCENARIOS}:
        lines = [f"- {len(SCENARIOS)} scenarios and {len(edits)} random sequences of edits; {words}"]
    else:
        names = ", ".join(f"`{one.name}`" for one in verdicts)
        lines = [*(line for line in before.splitlines() if line.startswith("- ")), f"- again: {names}; {words}"]
    lines += ["", "| scenario | what is broken | expected | found |", "| --- | --- | --- | --- |"]
    group = ""
    for one in SCENARIOS:
        if one.group != group:
            group = one.group
            lines.append(f"| **{group}** | | | |")
        quick = " (quick)" if one.quick else ""
        cells = [f"`{one.name}`{quick}", f"{one.course.name}: {one.what}", one.expected, found.get(one.name, NOT_RUN)]
        lines.append(f"| {' | '.join(cells)} |")
    if not edits:
        lines += [line for line in before.splitlines() if line.startswith(("| **edits**", "| `edits-"))]
    else:
        bad = [f"`{one.name}`: {told(one)}" for one in edits if one.found]
        lines += ["| **edits** | | | |"]
        cells = [f"`edits-0` to `edits-{len(edits) - 1}`", "random edits", "as the last manifest applied to nothing"]
        lines.append(f"| {' | '.join([*cells, '<br>'.join(bad) or 'nothing'])} |")
    return "\n".join([*lines, ""])


def write(verdicts: Sequence[Verdict], seed: int, silence: float) -> None:
    """Puts the table into the document."""
    head, rest = DOCUMENT.read_text().split(BEGIN)
    before, tail = rest.split(END)
    DOCUMENT.write_text(f"{head}{BEGIN}{table(verdicts, seed, silence, before)}{END}{tail}")
