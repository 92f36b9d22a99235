"""Samples that people are asked about, as a file with one JSON object a line: what is suggested, and what they say.

``{"id": 17, "suggested": "3", "sure": 0.01, "votes": {"given": "8", "model": "3"}, "label": "", "text": "…"}``. `id` is
the sample's place among the training samples, `sure` how far the votes bear out the label that it has. People fill in
`label`, with any editor.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock_ml.wire import InputError


@dataclass(frozen=True)
class Task:
    """A sample to label: `suggested` and `label` are names of classes, `label` empty until somebody has said it."""

    id: int
    suggested: str
    label: str = ""


def write(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Writes rows as they are told above."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def read(path: Path, classes: Sequence[str]) -> dict[int, Task]:
    """The tasks of a file by their ids; an InputError says which line is wrong, and how."""
    try:
        # Not `splitlines`: it divides at what JSON leaves in a text, such as U+2028.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {path} ({error}): give the file that label-suggest wrote and people changed"
        ) from None
    found: dict[int, Task] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            task = Task(row["id"], row["suggested"], row.get("label") or "")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}, line {number}: {type(error).__name__}: {error}; keep each line a JSON object"
            ) from None
        if type(task.id) is not int or task.id < 0 or task.id in found:
            raise InputError(f"{path}, line {number}: id {task.id!r} is no whole number, or comes twice")
        for said in filter(None, (task.suggested, task.label)):
            if said not in classes:
                raise InputError(f"{path}, line {number}: {said!r} is no class; there are {', '.join(classes[:20])}")
        found[task.id] = task
    return found
