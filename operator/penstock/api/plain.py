"""Plain JSON values as the API server stores them: one rule about numbers, text and nesting, for all that carry values.

The API server keeps a whole number within 64 bits as it is and makes any other number a float64, whose whole values it
writes without a point (k8s.io/apimachinery, util/json).
"""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from penstock.api.complaints import clip

DEEPEST = 64
"""Lists and objects inside one another that a value may consist of. What is deeper fits neither stacks nor stores."""

TOO_DEEP = f"is nested deeper than {DEEPEST} levels"

_DEEPEST_READ = 500
"""Levels that are read of what the API server sends, which takes objects of 10,000."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
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


def written(value: Any) -> str:
    """The value as the API server writes it, byte for byte: as Go's encoding/json does, with its keys sorted.

    Where it keeps a value as text (`data` of a ControllerRevision, which may not change), it takes any other spelling
    for another value as soon as somebody patches the object, and be it to take an owner off.
    Raises ValueError for numbers that JSON does not have.
    """
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_quoted(key)}:{written(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    stored = number(value)
    if isinstance(stored, int):
        return str(stored)
    digits = repr(stored)  # the shortest that is read as the same number, as in Go
    if 1e-6 <= abs(stored) < 1e21:
        return format(Decimal(digits), "f")
    return digits.replace("e-0", "e-")


_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def decode(text: bytes | str) -> Any:
    """What a JSON text says. What is nested too deeply for any parser is null: it must not hide all that is beside it.

    Raises ValueError for what is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.loads(_cut(text.encode() if isinstance(text, str) else text))


def shallow(text: bytes) -> bytes:
    """The JSON text, or one with null in place of what is nested too deeply, for parsers that end with the stack."""
    if text.count(b"[") + text.count(b"{") <= _DEEPEST_READ:
        return text
    brackets = _TEXT.sub(b"", text).translate(None, _NO_BRACKET)
    for _ in range(_DEEPEST_READ):  # each time the innermost go
        if not brackets:
            return text
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return _cut(text) if brackets else text


def _cut(text: bytes) -> bytes:
    """The text with null in place of each list and object that lies too deep."""
    kept: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == _DEEPEST_READ + 1:
                kept += text[start : token.start()], b"null"
        elif token[0] in (b"]", b"}"):
            if depth == _DEEPEST_READ + 1:
                start = token.end()
            depth -= 1
    return b"".join([*kept, text[start:]])
