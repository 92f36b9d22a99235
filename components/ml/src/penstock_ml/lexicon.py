"""Whether a text is good or bad news by its words, without a model: the sum of their values.

The image `mood` holds the values, and texts of its own.
"""

import csv
import os
import re
from collections.abc import Mapping
from pathlib import Path

from penstock_ml.wire import InputError

_WORD = re.compile(r"[a-z']+")


def folder() -> Path:
    """What the image holds. Its variable is not called PENSTOCK_…: `penstock run` would take it for one of its own."""
    place = os.environ.get("MOOD_FOLDER", "")
    if not place or not Path(place).is_dir():
        raise InputError(f"MOOD_FOLDER is '{place}', no folder: run this step in the image components/mood")
    return Path(place)


def words() -> dict[str, float]:
    """How good (above 0) or bad words are."""
    with (folder() / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["word"]: float(row["value"]) for row in csv.DictReader(file)}


def value(text: str, values: Mapping[str, float]) -> float:
    """The sum over the words of a text, 0 if it has none that is known."""
    return sum(values.get(word, 0.0) for word in _WORD.findall(text.lower()))
