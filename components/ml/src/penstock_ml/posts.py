"""Dated texts as a file: one JSON object a line, in the order of their dates.

What was found in them is such a file, too: of each text its date, and whether it is bad news.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from penstock_ml.wire import InputError


@dataclass(frozen=True)
class Post:
    """`label` is empty if nobody gave one."""

    date: date
    text: str
    label: str = ""


@dataclass(frozen=True)
class Found:
    """Whether the text of a date is bad news."""

    date: date
    bad: bool


def save(items: Iterable[Post | Found], path: Path) -> None:
    """Writes them, one a line."""
    with path.open("w", encoding="utf-8") as file:
        for item in items:
            print(json.dumps({**asdict(item), "date": item.date.isoformat()}, ensure_ascii=False), file=file)


def load(path: Path) -> list[Post]:
    """The posts that `save` wrote; an InputError says what is wrong with anything else."""
    return [Post(day, str(row["text"]), str(row["label"])) for day, row in _rows(path, "text", "label")]


def load_found(path: Path) -> list[Found]:
    """What `save` wrote of texts that were looked at; an InputError says what is wrong with anything else."""
    return [Found(day, bool(row["bad"])) for day, row in _rows(path, "bad")]


def _rows(path: Path, *names: str) -> list[tuple[date, dict[str, Any]]]:
    try:
        # Not `splitlines`: it divides at what JSON leaves in a text, such as U+2028.
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        found = [(date.fromisoformat(row["date"]), {name: row[name] for name in names}) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{path} holds no dated texts with {', '.join(names)} ({reason})") from None
    if not found:
        raise InputError(f"{path} is empty: there is nothing to look at")
    return sorted(found, key=lambda one: one[0])
