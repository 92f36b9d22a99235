"""The table of docs/reliability.md: what is broken, what is expected, and what was found when it was last run."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

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
_EDITS = "| `edits-"
_SPAN = re.compile(r"`edits-(\d+)`(?: to `edits-(\d+)`)?")
_NEXT = re.compile(r"<br>(?=`edits-\d+`: )")
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
    whole = {one.name for one in verdicts} >= {one.name for one in SCENARIOS}
    if whole:
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
    lines += _edits(edits, "" if whole else before)
    return "\n".join([*lines, ""])


def _edits(verdicts: Sequence[Verdict], before: str) -> list[str]:
    """The rows of the random edits: all sequences in one, with those in which something was found."""
    row = next((line for line in before.splitlines() if line.startswith(_EDITS)), "")
    names, _, rest = row.partition(" | random edits | ")
    ran = {at for first, last in _SPAN.findall(names) for at in range(int(first), int(last or first) + 1)}
    ran |= {_number(one.name) for one in verdicts}
    cell = rest.rpartition(" | ")[2].removesuffix(" |")
    found = {_number(one[1:]): one for one in _NEXT.split(cell) if one.startswith("`")}
    found |= {_number(one.name): f"`{one.name}`: {told(one)}" if one.found else "" for one in verdicts}
    if not ran:
        return []
    bad = [found[at] for at in sorted(found) if found[at]]
    cells = [_spans(ran), "random edits", "as the last manifest applied to nothing", "<br>".join(bad) or "nothing"]
    return ["| **edits** | | | |", f"| {' | '.join(cells)} |"]


def _number(name: str) -> int:
    return int(name.removeprefix("edits-").partition("`")[0])


def _spans(numbers: Iterable[int]) -> str:
    """The names of sequences, those in a row by the first and the last of them."""
    spans: list[list[int]] = []
    for at in sorted(numbers):
        if spans and spans[-1][-1] == at - 1:
            spans[-1][1:] = [at]
        else:
            spans.append([at])
    return ", ".join(" to ".join(f"`edits-{at}`" for at in span) for span in spans)


def write(verdicts: Sequence[Verdict], seed: int, silence: float) -> None:
    """Puts the table into the document."""
    head, rest = DOCUMENT.read_text().split(BEGIN)
    before, tail = rest.split(END)
    DOCUMENT.write_text(f"{head}{BEGIN}{table(verdicts, seed, silence, before)}{END}{tail}")
