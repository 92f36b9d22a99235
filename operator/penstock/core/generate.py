"""Writes the pages that are made from tables: `python -m penstock.core.generate [--root DIR]`.

docs/states.md from core/states.py and core/step/retries.py, docs/reasons.md from core/reasons.py.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core import states
from penstock.core.reasons import Reason
from penstock.core.step import retries

NOTE = "<!-- Generated from {source} by `make generate`; edit that. -->"
_SECTION = re.compile(r"^    # (.+)$|^    [A-Z_]+ = \(?\s*\"([A-Za-z]+)\"", re.MULTILINE)


def files() -> dict[str, str]:
    """Every generated page: its path from the project's root, and its content."""
    return {"docs/states.md": _states(), "docs/reasons.md": _reasons()}


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    marks = ["---"] * len(columns)
    return ["", *(f"| {' | '.join(cells)} |" for cells in (columns, marks, *rows)), ""]


def _phases(phases: Mapping[StepPhase, str] | Mapping[PipelinePhase, str]) -> list[str]:
    return _table(("phase", "meaning"), [(f"`{phase}`", words) for phase, words in phases.items()])


def _moves(
    moves: Mapping[StepPhase, Mapping[StepPhase, str]] | Mapping[PipelinePhase, Mapping[PipelinePhase, str]],
) -> list[str]:
    rows = [(f"`{one}`", f"`{two}`", why) for one, found in moves.items() for two, why in found.items()]
    return _table(("from", "to", "when"), rows)


def _truths(corner: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[str]:
    return _table((corner, *columns), [(name, *map(_cell, cells)) for name, cells in rows.items()])


def _cell(value: str) -> str:
    return f"Skipped ({value.value})" if isinstance(value, Reason) else value


def _states() -> str:
    budget = f"up to {retries.MAX_DISRUPTIONS}, a budget of their own"
    classes = [(f"`{reason.value}`", "yes", kind.value, reason.doc) for reason, kind in retries.CLASSES.items()]
    classes += [(f"`{one.value}`", "no", budget, one.doc) for one in (Reason.DISRUPTED, Reason.LOST)]
    lines = [
        NOTE.format(source="operator/penstock/core/states.py"),
        "",
        "# The state machine",
        "",
        "The property tests check every status that is written, under failures, restarts and edits, against these",
        "tables. `kubectl get` shows the phase; the conditions `Finished`, `Complete` and `Failed` say the same to",
        "programs. Reasons are explained in [reasons.md](reasons.md).",
        "",
        "## Steps",
        *_phases(states.STEP_PHASES),
        *_moves(states.STEP_MOVES),
        states.TOUCHED,
        "",
        "Phases are what was written: a Step may pass through one so quickly that nobody saw it there.",
        "",
        "## Pipelines",
        *_phases(states.PIPELINE_PHASES),
        *_moves(states.PIPELINE_MOVES),
        *_table(("what somebody does", "moves"), list(states.PIPELINE_TOUCHES.items())),
        "## Skip: a step that depends on another one",
        *_truths("the other one", states.DEPENDENCY_COLUMNS, states.DEPENDENCIES),
        "An input with a `default` counts as optional. A fan-out or composite counts as the worst of its steps.",
        "",
        "## Fail, continue, cancel",
        *_truths("what happens", states.STOP_COLUMNS, states.STOPS),
        "Under `onFailure: Undo` a cancel and the timeout also undo what started, before `finally`.",
        "",
        "## Retry",
        *_table(("an attempt ends with", "counts against `retry.limit`", "in `retry.reasons`", "meaning"), classes),
        "An attempt that counts is tried again if the limit allows it, its class is among `retry.reasons` (all by",
        "default) and its exit code is not in `noRetryExitCodes`. Attempts that do not count are always tried again.",
        "",
        "## Undo",
        *_truths("a step", states.UNDO_COLUMNS, states.UNDOES),
        "In reverse order of start, one at a time. An undo that fails leaves its step's effect where it is, and is",
        "named in the Pipeline's condition `Undone`; the others are undone all the same.",
        "",
    ]
    return "\n".join(lines)


def _reasons() -> str:
    source = Path(__file__).with_name("reasons.py").read_text(encoding="utf-8")
    lines = [NOTE.format(source="operator/penstock/core/reasons.py"), "", "# Reasons", ""]
    lines.append("One word for why something is as it is: in conditions, `status.reason`, attempts and Events.")
    rows: list[tuple[str, str]] = []
    for section, word in _SECTION.findall(source):
        reason = Reason.of(word)
        if reason is None:
            lines += _table(("reason", "meaning"), rows) if rows else [""]
            lines.append(f"## {section}")
            rows = []
        else:
            rows.append((f"`{word}`", reason.doc))
    lines += _table(("reason", "meaning"), rows)
    return "\n".join(lines)


def main() -> None:
    """Entry point: writes the pages."""
    parser = argparse.ArgumentParser(description="Write the pages that are made from tables in core.")
    parser.add_argument("--root", type=Path, default=Path(), help="the project's root (default: here)")
    root: Path = parser.parse_args().root
    for name, text in files().items():
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
