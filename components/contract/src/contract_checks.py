"""Checks rows against the terms of a contract: which are broken, and by which rows."""

import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from contract_rows import Row
from contract_terms import Check

COMPARE: dict[str, Callable[[float, Any], bool]] = {
    "mustBe": operator.eq,
    "mustNotBe": operator.ne,
    "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge,
    "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
    "mustBeBetween": lambda value, ends: ends[0] <= value <= ends[1],
    "mustNotBeBetween": lambda value, ends: not ends[0] <= value <= ends[1],
}
TRUTH = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True)
class Finding:
    """What a check found: `rows` (numbers from 1) with what is wrong with each, and the number that was compared."""

    check: Check
    kept: bool
    value: float
    rows: Mapping[int, str]


def evaluate(checks: Sequence[Check], rows: Sequence[Row], now: datetime) -> list[Finding]:
    """A finding for each check, in order."""
    return [_evaluate(check, rows, now) for check in checks]


def _evaluate(check: Check, rows: Sequence[Row], now: datetime) -> Finding:
    columns = {name for row in rows for name in row}
    if rows and (absent := [name for name in check.of if name not in columns]):
        return Finding(check, False, len(rows), {1: f"{absent[0]}: there is no such column"})
    if check.kind == "type":
        wrong = _each(rows, lambda row: _mistyped(row.get(check.of[0]), check.options))
        return Finding(check, not wrong, len(wrong), _named(check, wrong))
    if check.kind in ("smallestShare", "largestShare"):
        counts = Counter(str(row.get(check.of[0])) for row in rows).values()
        value = 100 * (min if check.kind == "smallestShare" else max)(counts, default=0) / max(len(rows), 1)
        return Finding(check, _holds(value, check), round(value, 3), {})
    if check.kind == "age":
        moments = [found for row in rows if (found := _moment(row.get(check.of[0])))]
        value = (now - max(moments)).total_seconds() if moments else float("inf")
        return Finding(check, _holds(value, check), value if moments else -1, {})
    if check.kind == "rowCount":
        return Finding(check, _holds(len(rows), check), len(rows), {})
    wrong = _counted(check, rows)
    value = 100 * len(wrong) / max(len(rows), 1) if check.options.get("percent") else len(wrong)
    kept = _holds(value, check)
    return Finding(check, kept, round(value, 3), {} if kept else _named(check, wrong))


def _counted(check: Check, rows: Sequence[Row]) -> dict[int, str]:
    name, options = (check.of or ("",))[0], check.options
    if check.kind == "nullValues":
        return _each(rows, lambda row: "has no value" if row.get(name) is None else "")
    if check.kind == "missingValues":
        missing = [*options.get("missingValues", ()), None]
        return _each(rows, lambda row: f"{row.get(name)!r} is missing" if row.get(name) in missing else "")
    if check.kind == "invalidValues":
        return _each(rows, lambda row: _invalid(row.get(name), options))
    seen: set[str] = set()
    found = {}
    for number, row in enumerate(rows, start=1):
        values = [row.get(one) for one in check.of]
        # Nothing is no value, so it is no duplicate of nothing.
        key = json.dumps(values, sort_keys=True, default=str)
        if None not in values and key in seen:
            found[number] = f"{values[0] if len(values) == 1 else values!r} comes again"
        seen.add(key)
    return found


def _invalid(value: Any, options: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    valid = options.get("validValues")
    if valid is not None and value not in valid and str(value) not in map(str, valid):
        return f"{_short(value)} is none of {', '.join(map(str, valid[:5]))}"
    if (pattern := options.get("pattern")) and not re.search(pattern, str(value)):
        return f"{_short(value)} does not match {pattern}"
    return ""


def _mistyped(value: Any, options: Mapping[str, Any]) -> str:
    """What is wrong with a value for its logical type and that type's options; nothing, if it is right or not there."""
    if value is None:
        return ""
    kind = options["type"]
    read = _typed(value, kind)
    if read is None:
        return f"{_short(value)} is no {kind}"
    for key, holds in (
        ("minimum", operator.ge),
        ("maximum", operator.le),
        ("exclusiveMinimum", operator.gt),
        ("exclusiveMaximum", operator.lt),
    ):
        limit = options.get(key)
        if limit is None or isinstance(limit, bool):
            continue
        end = _typed(limit if kind in ("number", "integer") else str(limit), kind)
        if end is not None and not holds(read, end):
            return f"{_short(value)} breaks {key} {limit}"
    if kind == "string":
        low, high = options.get("minLength", 0), options.get("maxLength", len(read))
        if not low <= len(read) <= high:
            return f"{_short(value)} has {len(read)} characters"
        if (pattern := options.get("pattern")) and not re.search(pattern, read):
            return f"{_short(value)} does not match {pattern}"
    return ""


def _typed(value: Any, kind: str) -> Any:
    """The value as one of this logical type, None if it is none. Texts are read, as CSV has nothing else."""
    try:
        if kind == "string":
            return value if isinstance(value, str) else None
        if kind in ("number", "integer"):
            if isinstance(value, bool):
                return None
            number = float(value)
            return number if number - number == 0 and (kind == "number" or number.is_integer()) else None
        if kind == "boolean":
            return value if isinstance(value, bool) else TRUTH[str(value).lower()]
        if kind in ("date", "timestamp"):
            return _moment(value)
        if kind == "time":
            return time.fromisoformat(value)
        return value if isinstance(value, dict if kind == "object" else list) else None
    except (ValueError, TypeError, KeyError):
        return None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _holds(value: float, check: Check) -> bool:
    return all(COMPARE[name](value, limit) for name, limit in check.limits.items())


def _each(rows: Sequence[Row], complaint: Callable[[Row], str]) -> dict[int, str]:
    return {number: found for number, row in enumerate(rows, start=1) if (found := complaint(row))}


def _named(check: Check, wrong: Mapping[int, str]) -> dict[int, str]:
    return {number: f"{', '.join(check.of)}: {words}" for number, words in wrong.items()}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
