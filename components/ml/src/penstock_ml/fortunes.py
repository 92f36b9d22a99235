"""Debian's fortune collections as labelled short texts.

The image holds them as ``<language>/<file>``; a file is about one subject, and a line with only ``%`` ends each text.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from penstock_ml.wire import InputError

SUBJECTS = (
    "computers",
    "definitions",
    "men-women",
    "people",
    "politics",
    "science",
    "songs-poems",
    "work",
)
"""English collections that are about a subject and hold some hundred texts each."""

SHORTEST = 15
"""Texts with fewer letters are left out: too little to tell anything by."""

_END = re.compile(r"^%.*$", re.MULTILINE)
# "-- Author, Work" below a quotation: who said it would give the class away without reading the text.
_SOURCE = re.compile(r"\n\s*(--|—|–|\[).*\Z", re.DOTALL)
_BLANKS = re.compile(r"\s+")


def folder() -> Path:
    """Where the collections are: FORTUNES_FOLDER, which the image sets."""
    place = os.environ.get("FORTUNES_FOLDER", "")
    if not place or not Path(place).is_dir():
        raise InputError(f"FORTUNES_FOLDER is '{place}', no folder: run ml/collect-fortunes.sh FOLDER and set it")
    return Path(place)


def languages() -> list[str]:
    """The languages there are collections of, as ISO 639-1 codes."""
    return sorted(entry.name for entry in folder().iterdir() if entry.is_dir() and len(entry.name) == 2)


def of_language(language: str) -> list[str]:
    """All texts in a language, each once, in a fixed order."""
    return _once(text for file in sorted((folder() / language).iterdir()) for text in _texts(file))


def of_subject(subject: str) -> list[str]:
    """All English texts on a subject, each once, in a fixed order."""
    return _once(_texts(folder() / "en" / subject))


def clip(text: str, length: int) -> str:
    """The first words of a text that fit into `length` characters, at least one word."""
    if len(text) <= length:
        return text
    return text[: length + 1].rpartition(" ")[0] or text[:length]


def _texts(file: Path) -> Iterator[str]:
    try:
        content = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read the collection {file} ({error.strerror}): build the image anew") from None
    for item in _END.split(content):
        text = _BLANKS.sub(" ", _SOURCE.sub("", item.rstrip())).strip()
        if sum(letter.isalpha() for letter in text) >= SHORTEST:
            yield text


def _once(texts: Iterator[str]) -> list[str]:
    # The same quotation in train and test would flatter every model.
    return list(dict.fromkeys(texts))
