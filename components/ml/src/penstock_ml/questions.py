"""Questions with answers, by topic: the FAQs of Perl and of Python as Debian packages them.

The image holds them as ``perl/*.pod`` and ``python/*.rst.txt``; a file is a topic, its folder the product.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from penstock_ml import markup
from penstock_ml.wire import InputError

PRODUCTS = ("perl", "python")
DIGITS = 16
"""Hexadecimal digits of a topic's digest."""


@dataclass(frozen=True)
class Question:
    """A question as a customer would ask it, its answer, and what it is about."""

    topic: str
    product: str
    question: str
    answer: str


def folder() -> Path:
    """Where the FAQs are: DESK_FAQS, which the image sets."""
    place = os.environ.get("DESK_FAQS", "")
    if not place or not Path(place).is_dir():
        raise InputError(f"DESK_FAQS is '{place}', no folder: run desk/collect-faqs.sh FOLDER and set it")
    return Path(place)


def topics() -> dict[str, Path]:
    """The file of each topic, such as ``perl/perlfaq4`` or ``python/design``, in a fixed order."""
    files = [path for product in PRODUCTS for path in sorted((folder() / product).glob("*.*"))]
    if not files:
        raise InputError(f"{folder()} holds no FAQs ({', '.join(PRODUCTS)}): run desk/collect-faqs.sh anew")
    return {f"{path.parent.name}/{path.name.partition('.')[0]}": path for path in files}


def of(topic: str) -> list[Question]:
    """The questions of a topic, in the order of the file; those without an answer are left out."""
    path = _file(topic)
    pairs = (markup.of_pod if path.suffix == ".pod" else markup.of_rst)(_text(path))
    return [Question(topic, path.parent.name, question, answer) for question, answer in pairs if question and answer]


def digest(topic: str) -> str:
    """The first digits of the SHA-256 of a topic's file: equal as long as nobody edits it."""
    return hashlib.sha256(_text(_file(topic)).encode()).hexdigest()[:DIGITS]


def _file(topic: str) -> Path:
    found = topics()
    if topic not in found:
        raise InputError(f"there is no topic '{topic}', only {', '.join(found)}")
    return found[topic]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read the FAQ {path} ({error.strerror}): build the image anew") from None
