"""Error messages for people: what is wrong with a field and what to write instead."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from penstock.api import durations
from penstock.api.base import PATTERNS

MEANINGS = {**PATTERNS, durations.PATTERN: "a duration such as 90s, 10m or 1h30m"}
"""What each pattern of the schemas means."""

ELSEWHERE = {"dependsOn": "needs", "depends_on": "needs", "dependencies": "needs"}
"""Names that other workflow engines give to a field, and its name here."""

_LONGEST = 60


def clip(value: object) -> str:
    """A value as it may stand in a message: one line, at most 60 characters."""
    if isinstance(value, list | tuple | Mapping):
        return described(value)
    text = repr(value) if isinstance(value, str) else _json_word(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _json_word(value: object) -> str:
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    try:
        return str(value)
    except ValueError:  # Python spells no number of more than 4,300 digits, but in hexadecimal
        return f"{value:#x}"


def described(value: object) -> str:
    """What a value is, for a message: `the number 3`, `the text 'a'`, `a list`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return f"{'the boolean' if isinstance(value, bool) else 'the number'} {clip(value)}"
    if isinstance(value, str):
        return f"the text {clip(value)}"
    return "a list" if isinstance(value, list | tuple) else "an object"


def closest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` for the known name nearest to this one, or which names are known, if few."""
    names = list(known)
    if ELSEWHERE.get(name) in names:
        return f"; did you mean {ELSEWHERE[name]}?"
    folded = {candidate.lower(): candidate for candidate in reversed(names)}
    match = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if match:
        return f"; did you mean {folded[match[0]]}?"
    return f"; known here: {', '.join(names)}" if names else ""


def complaint(error: ErrorDetails, node: Mapping[str, Any]) -> str:
    """The message for an error that pydantic found in one field; `node` is the field's schema, empty if unknown."""
    pattern = node.get("pattern")
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "required field is missing"
        case "string_type":
            if pattern in MEANINGS:
                return f"must be {MEANINGS[pattern]}, not {described(value)}"
            quotes = "; put it in quotes" if isinstance(value, bool | int | float) else ""
            return f"must be text, not {described(value)}{quotes}"
        case "int_type" | "int_from_float" | "int_parsing":
            return f"must be a whole number, not {described(value)}"
        case "float_type" | "float_parsing" | "finite_number":
            return f"must be a number, not {described(value)}"
        case "bool_type" | "bool_parsing":
            return f"must be true or false, not {described(value)}"
        case "list_type":
            return f"must be a list, not {described(value)}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be an object with fields{_example(value, node)}, not {described(value)}"
        case "enum" | "literal_error":
            return _not_one_of(value, context)
        case "string_pattern_mismatch":
            return f"{clip(value)} is not {MEANINGS.get(context['pattern'], 'of the form ' + context['pattern'])}"
        case "value_error":
            return str(context["error"])
        case kind:
            return _out_of_bounds(kind, value, context) or error["msg"]


def _example(value: object, node: Mapping[str, Any]) -> str:
    """The object that a text was meant to be, if all that it must have is a field for such a text."""
    required = node.get("required", ())
    if len(required) != 1 or not isinstance(value, str):
        return ""
    pattern = node["properties"][required[0]].get("pattern")
    return f" such as {{{required[0]}: {value}}}" if pattern and re.fullmatch(pattern, value) else ""


def _not_one_of(value: object, context: dict[str, Any]) -> str:
    names = [name.strip("'") for name in context["expected"].replace(" or ", ", ").split(", ")]
    hint = closest(value, names) if isinstance(value, str) else ""
    hint = hint if "did you mean" in hint else ""
    if len(names) == 1:
        return f"must be {names[0]}, not {described(value)}"
    return f"must be one of {', '.join(names)}, not {described(value)}{hint}"


def _number(bound: float) -> str:
    return f"{bound:,.0f}" if float(bound).is_integer() else str(bound)


def _out_of_bounds(kind: str, value: Any, context: dict[str, Any]) -> str:
    match kind:
        case "string_too_long":
            return f"has {len(value):,} characters, at most {context['max_length']:,} are allowed"
        case "string_too_short":
            return "must not be empty"
        case "too_long":
            return f"has {len(value):,} entries, at most {context['max_length']:,} are allowed"
        case "too_short":
            return "must not be empty; add an entry or leave the field out"
        case "greater_than_equal":
            return f"must be at least {_number(context['ge'])}, not {clip(value)}"
        case "greater_than":
            return f"must be more than {_number(context['gt'])}, not {clip(value)}"
        case "less_than_equal":
            return f"must be at most {_number(context['le'])}, not {clip(value)}"
        case "less_than":
            return f"must be less than {_number(context['lt'])}, not {clip(value)}"
        case _:
            return ""
