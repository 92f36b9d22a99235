"""Plain JSON values: their types, their text in a container, their digest."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from penstock.api.base import Json
from penstock.api.plain import DEEPEST, TOO_DEEP, letters, number
from penstock.api.wiring import OutputType, ValueType

_DEEPEST_MANIFEST = 2 * DEEPEST
"""Levels of a manifest that holds values."""
_TEXT = {str}


def normalise(value: Json) -> Json:
    """The value as the API server stores it: 1.0 becomes 1, whole numbers beyond 64 bits become floats.

    Raises ValueError for what no object can carry: NaN, infinity, half a surrogate pair, keys that are not strings,
    foreign objects, and what is nested deeper than DEEPEST levels.
    """
    return _read(value, number, DEEPEST)


def canonical(value: Json) -> str:
    """JSON text with sorted keys and no spaces: equal values give equal texts. Raises ValueError as `normalise` does.

    Whole numbers below 1e21 are written out, as the API server does.
    """
    plain = _read(value, _spelled, _DEEPEST_MANIFEST)
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _read(value: Json, read: Callable[[int | float], int | float], levels: int) -> Json:
    """The value with its keys sorted and its numbers as `read` makes them. It is called for all that is seen."""
    if isinstance(value, str):
        return value if value.isascii() else letters(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return read(value)
    if not levels:
        raise ValueError(TOO_DEEP)
    levels -= 1
    if type(value) is dict or isinstance(value, Mapping):  # to ask for a Mapping takes longer
        if not {*map(type, value)} <= _TEXT and not all(isinstance(key, str) for key in value):
            raise ValueError("the keys of an object must be strings")
        found: dict[str, Json] = {}
        for key in sorted(value):
            found[key if key.isascii() else letters(key)] = _read(value[key], read, levels)
        return found
    if type(value) is list or (isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray))):
        return [_read(item, read, levels) for item in value]
    raise ValueError(f"{type(value).__name__} is not a JSON value")


def _spelled(value: int | float) -> int | float:
    stored = number(value)
    return int(stored) if isinstance(stored, float) and stored.is_integer() and abs(stored) < 1e21 else stored


def digest(value: Json) -> str:
    """128 bits of BLAKE2b over the canonical form, as 32 hexadecimal digits."""
    return hashlib.blake2b(canonical(value).encode(), digest_size=16).hexdigest()


def lenient_digest(value: Json) -> str:
    """The digest; empty for what has none, so that it is no value that was ever made here."""
    try:
        return digest(value)
    except ValueError:
        return ""


def text(value: Json) -> str:
    """What a container sees in `INPUT_X`: strings as they are, null as nothing, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical(value)


def mismatch(wanted: ValueType | OutputType, value: Json) -> str | None:
    """Why the value is not of the wanted type, or None if it is. Types compare as JSON: 1.0 is an Integer."""
    found = type_name(value)
    if found == wanted.value or (wanted.value == "Number" and found == "Integer"):
        return None
    given = "" if value is None else f" {shorten(canonical(value))}"
    return f"expected {wanted.value}, got {found}{given}"


def type_name(value: Json) -> str:
    """Name of the value's type as the API writes it; `null` for null."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "Integer"
    if isinstance(value, float):
        return "Number"
    if isinstance(value, str):
        return "String"
    return "Object" if isinstance(value, Mapping) else "List"


def shorten(words: str, most: int = 80) -> str:
    """At most `most` characters, with an ellipsis where something was left out."""
    return words if len(words) <= most else words[: most - 1] + "…"
