"""Plain JSON values as the API server stores them: one rule about numbers, text and nesting, for all that carry values.

The API server keeps a whole number within 64 bits as it is and makes any other number a float64, whose whole values it
writes without a point (k8s.io/apimachinery, util/json).
"""

import math

from penstock.api.complaints import clip

DEEPEST = 64
"""Lists and objects inside one another that a value may consist of. What is deeper fits neither stacks nor stores."""

TOO_DEEP = f"is nested deeper than {DEEPEST} levels"

_EXACT = range(-(2**63), 2**63)


def number(value: int | float) -> int | float:
    """The number as it is stored: an int within 64 bits, else a float. Raises ValueError for what no float64 holds."""
    if isinstance(value, int) and value in _EXACT:
        return value
    try:
        stored = float(value)
    except OverflowError:
        stored = math.inf
    if not math.isfinite(stored):
        raise ValueError(f"{clip(value)} is no JSON number; give a finite one")
    return int(stored) if stored.is_integer() and -(2.0**63) <= stored < 2.0**63 else stored


def letters(value: str) -> str:
    """The text. Raises ValueError if it holds half of a surrogate pair, which UTF-8 cannot."""
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("is not valid Unicode: it contains half of a surrogate pair")
    return value
