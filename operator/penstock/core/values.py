"""Plain JSON values: their types, their text in a container, their digest."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

from penstock.api.base import Json
from penstock.api.wiring import OutputType, ValueType

_INT64 = range(-(2**63), 2**63)


def normalise(value: Json) -> Json:
    """The value as the API server stores it: 1.0 becomes 1, integers beyond 64 bits are rounded to a float64.

    Raises ValueError for what JSON cannot hold (NaN, infinity, keys that are not strings, foreign objects).
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if value in _INT64 else _rounded(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a JSON number")
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("the keys of an object must be strings")
        return {key: normalise(value[key]) for key in sorted(value)}
    if isinstance(value, Sequence):
        return [normalise(item) for item in value]
    raise ValueError(f"{type(value).__name__} is not a JSON value")


def _rounded(value: int) -> int:
    try:
        return int(float(value))
    except OverflowError:
        raise ValueError("a number beyond 1.8e308 is not a JSON number") from None


def canonical(value: Json) -> str:
    """JSON text with sorted keys and no spaces: equal values give equal texts."""
    return json.dumps(normalise(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Json) -> str:
    """128 bits of BLAKE2b over the canonical form, as 32 hexadecimal digits."""
    return hashlib.blake2b(canonical(value).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


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
    return f"expected {wanted.value}, got {found} {shorten(canonical(value))}"


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
