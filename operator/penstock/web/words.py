"""The page's words, for what is written without a browser: `static/words/LANGUAGE.json`, and texts of others."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from penstock.api import durations

FOLDER = Path(__file__).parent / "static" / "words"

LANGUAGES = {"en": "en", "zh": "zh-CN"}
"""By name, as HTML has them."""

HIDDEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""What cannot be seen, or turns letters round; the same as in `static/words.js`."""


def visible(text: str, lines: bool = False) -> str:
    """A text that somebody else wrote, with what would hide made visible. `lines`: whether line breaks stay."""

    def told(found: re.Match[str]) -> str:
        one = found[0]
        if one in "\n\t":
            return one if lines else " ↵ " if one == "\n" else " "
        return f"‹U+{ord(one):04X}›"

    return HIDDEN.sub(told, text)


class Words:
    """Sentences in a language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._sentences: Mapping[str, str] = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))

    def __call__(self, name: str, **values: object) -> str:
        """The sentence of that name, with values in place of `{name}`."""
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], "")), self._sentences[name])

    def phase(self, phase: str) -> str:
        """The word for a phase."""
        return self._sentences.get(f"phase.{phase}") or visible(phase)

    def span(self, seconds: float) -> str:
        """How long, as kubectl says it."""
        parts = re.findall(r"(\d+)([a-z])", durations.human(max(0.0, seconds)))
        return "".join(self(f"unit.{unit}", n=number) if unit != "y" else f"{number}y" for number, unit in parts)

    @cached_property
    def drawn(self) -> Mapping[str, str]:
        """What drawings say, by what they say in English."""
        phases = {
            name.removeprefix("phase."): told for name, told in self._sentences.items() if name.startswith("phase.")
        }
        marks = {
            name.removeprefix("drawn."): told for name, told in self._sentences.items() if name.startswith("drawn.")
        }
        return {**phases, **marks}
