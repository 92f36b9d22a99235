"""The table: in Markdown, with what it was measured on, and its place in the documentation."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.figures import RATES, TIMES, Row, Summary, number, place, row, spaced
from tests.cluster.binaries import ETCD, KUBERNETES, KWOK
from tests.cluster.paths import CHECKOUT
from tests.plane.usage import machine

DOCUMENT = CHECKOUT / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
VERDICTS = {True: "yes", False: "**no**", None: ""}


def table(found: Sequence[Summary], trials: int, loads: Sequence[float]) -> str:
    """Header and table. ``loads`` are the machine's load averages (1 minute) while it was measured."""
    lines = [*_header(trials, loads), ""]
    lines += ["| row | what | median | spread | calibrated | goal | met | others |", f"|{' --- |' * 8}"]
    for one in found:
        figure = one.figure
        value = f"{number(one.median)}{spaced(figure.unit)}"
        calibrated = number(one.calibrated) if figure.unit in (*TIMES, *RATES) else ""
        cells = (figure.row, figure.what, value, one.spread, calibrated, figure.goal, VERDICTS[one.met], figure.peer)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _header(trials: int, loads: Sequence[float]) -> list[str]:
    programs = ", ".join(f"{one.name} {one.version}" for one in (KUBERNETES, ETCD, KWOK))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("kopf", "aiohttp", "pydantic"))
    return [
        f"- {datetime.now(UTC):%Y-%m-%d}, {_commit()}, {trials} trial{'s' if trials > 1 else ''}",
        f"- {machine()}; load average {min(loads):.1f} to {max(loads):.1f} (the bench itself makes 2 to 6)",
        f"- {programs}; {libraries}",
    ]


def _commit() -> str:
    git = ["git", "-C", str(CHECKOUT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "operator"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if commit.returncode:
        return "not from a git checkout"
    return f"commit {commit.stdout.strip()}{' with changes' if changed else ''}"


def write(text: str, rows: Sequence[Row] = (), document: Path = DOCUMENT) -> None:
    """Put the table between the markers of the document. ``rows``: only these were measured, the others stay.

    Raises:
        ValueError: the document has no such markers.
    """
    before, begin, rest = document.read_text().partition(BEGIN)
    there, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document} has no lines {BEGIN} and {END} for the table to go between")
    text = _merged(there.strip(), text, rows) if rows else text
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _merged(there: str, new: str, rows: Sequence[Row]) -> str:
    """The table that is there with these rows from the new one, of which the header says when they were measured."""
    (header, title, lines), (measured, _, found) = _parts(there), _parts(new)
    which = f"- row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))}: "
    header = [line for line in header if not line.startswith(which)]
    header.append(which + "; ".join(line.removeprefix("- ") for line in measured))
    kept = [line for line in lines if _row(line) not in rows]
    kept += [line for line in found if _row(line) in rows]  # a scenario measures figures of other rows too
    return "\n".join([*header, "", *title, *sorted(kept, key=lambda line: place(_row(line)))])


def _parts(text: str) -> tuple[list[str], list[str], list[str]]:
    """Header, title of the table with its rule, and lines of the table."""
    lines = text.splitlines()
    table = [line for line in lines if line.startswith("|")]
    return [line for line in lines if line.startswith("- ")], table[:2], table[2:]


def _row(line: str) -> Row:
    return row(line.split("|")[1].strip())
