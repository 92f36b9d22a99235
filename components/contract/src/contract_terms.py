"""What an Open Data Contract (ODCS v3.1, Bitol) asks of the rows of one of its objects, as a list of checks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from penstock_ml.wire import InputError

KNOWN = re.compile(r"v3\.(0\.[0-2]|1\.\d+)")
TYPES = {"string", "number", "integer", "boolean", "date", "timestamp", "time", "object", "array"}
OPTIONS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern"}
OPERATORS = {
    "mustBe": 1,
    "mustNotBe": 1,
    "mustBeGreaterThan": 1,
    "mustBeGreaterOrEqualTo": 1,
    "mustBeLessThan": 1,
    "mustBeLessOrEqualTo": 1,
    "mustBeBetween": 2,
    "mustNotBeBetween": 2,
}
METRICS = {"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}
ENGINE = "penstock"
OWN = {"smallestShare", "largestShare"}
"""What the standard's library lacks: the balance of classes, in percent of the rows."""
FRESHNESS = {"latency", "ly", "freshness"}
UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400}


@dataclass(frozen=True)
class Check:
    """`kind`: what is computed of the columns `of`; `options`: with what; `limits`: operators and their numbers, where
    a number is computed. `name` tells people.
    """

    name: str
    kind: str
    of: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """The checks, and the names of rules that nobody here can check (texts for people, SQL, other engines)."""

    title: str
    checks: tuple[Check, ...]
    unchecked: tuple[str, ...]


def read(given: str, wanted: str) -> Terms:
    """The terms of the object `wanted` (the only one, if empty). `given` is the contract, or the path of its file."""
    text, place = given, "the contract"
    if "\n" not in given:
        place = given
        try:
            text = Path(given).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the contract {given} ({error}): mount its file, or give its text") from None
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{place} does not parse: {str(error)[:300]}") from None
    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        raise InputError(f"{place} is no data contract: it needs `kind: DataContract` (Open Data Contract Standard)")
    if not KNOWN.fullmatch(str(document.get("apiVersion", ""))):
        raise InputError(f"apiVersion of {place} is {document.get('apiVersion')!r}, but must be v3.1.0 or v3.0.x")
    objects = {str(one.get("name")): one for one in _list(document, "schema", place)}
    if wanted not in objects and (wanted or len(objects) != 1):
        raise InputError(
            f"schema of {place} has no object '{wanted}' to take: say one of {', '.join(objects) or 'none'}"
        )
    name = wanted or next(iter(objects))
    unchecked: list[str] = []
    checks = [*_object(objects[name], f"schema[{name}]", unchecked), *_fresh(document, name)]
    if not checks:
        raise InputError(f"{place} asks nothing of '{name}' that can be checked: give it properties or quality")
    return Terms(str(document.get("name") or document.get("id") or name), tuple(checks), tuple(unchecked))


def _object(one: Mapping[str, Any], place: str, unchecked: list[str]) -> Iterator[Check]:
    properties = _list(one, "properties", place)
    for number, each in enumerate(properties):
        if not isinstance(each.get("name"), str):
            raise InputError(f"{place}.properties[{number}] has no name")
        yield from _property(each, f"{place}.{each['name']}", unchecked)
    if keys := sorted((p for p in properties if p.get("primaryKey")), key=lambda p: p.get("primaryKeyPosition", 1)):
        names = tuple(key["name"] for key in keys)
        yield Check(f"{', '.join(names)}: primary key", "duplicateValues", names, limits={"mustBe": 0})
        yield from (Check(f"{name}: required", "nullValues", (name,), limits={"mustBe": 0}) for name in names)
    yield from _quality(one, place, (), unchecked)


def _property(one: Mapping[str, Any], place: str, unchecked: list[str]) -> Iterator[Check]:
    name = one["name"]
    kind = one.get("logicalType", "string" if "logicalTypeOptions" in one else None)
    if kind is not None:
        if kind not in TYPES:
            raise InputError(f"{place}.logicalType is {kind!r}, but must be one of {', '.join(sorted(TYPES))}")
        options = one.get("logicalTypeOptions") or {}
        unchecked += [f"{place}.logicalTypeOptions.{unknown}" for unknown in sorted(set(options) - OPTIONS)]
        _pattern(options.get("pattern"), f"{place}.logicalTypeOptions.pattern")
        known = {key: value for key, value in options.items() if key in OPTIONS}
        yield Check(f"{name}: {kind}", "type", (name,), {"type": kind, **known})
    if one.get("required"):
        yield Check(f"{name}: required", "nullValues", (name,), limits={"mustBe": 0})
    if one.get("unique"):
        yield Check(f"{name}: unique", "duplicateValues", (name,), limits={"mustBe": 0})
    yield from _quality(one, place, (name,), unchecked)


def _quality(one: Mapping[str, Any], place: str, of: tuple[str, ...], unchecked: list[str]) -> Iterator[Check]:
    for number, rule in enumerate(_list(one, "quality", place)):
        where = f"{place}.quality[{number}]"
        called = str(rule.get("name") or rule.get("description") or where)
        kind = rule.get("type", "library")
        if kind == "custom" and rule.get("engine") == ENGINE and isinstance(rule.get("implementation"), dict):
            rule = {**rule["implementation"], "own": True}
        elif kind != "library":
            unchecked.append(called)
            continue
        metric, known = rule.get("metric"), OWN if rule.get("own") else METRICS
        if metric not in known:
            raise InputError(f"{where}.metric is {metric!r}, but must be one of {', '.join(sorted(known))}")
        limits = {key: value for key, value in rule.items() if key in OPERATORS}
        for operator, limit in limits.items():
            numbers = limit if isinstance(limit, list) else [limit]
            if len(numbers) != OPERATORS[operator] or not all(type(n) in (int, float) for n in numbers):
                raise InputError(f"{where}.{operator} is {limit!r}, but takes {OPERATORS[operator]} number(s)")
        if not limits:
            raise InputError(f"{where} has no limit to compare with: add mustBe, mustBeLessThan or the like")
        arguments = rule.get("arguments") or {}
        _pattern(arguments.get("pattern"), f"{where}.arguments.pattern")
        columns = tuple(arguments.get("properties", of))
        if metric != "rowCount" and not columns:
            raise InputError(f"{where}: {metric} counts in columns, so it belongs to a property, or names properties")
        options = {**arguments, "percent": rule.get("unit") == "percent" or metric in OWN}
        yield Check(
            f"{', '.join(columns) or 'rows'}: {called if called != where else metric}", metric, columns, options, limits
        )


def _fresh(document: Mapping[str, Any], name: str) -> Iterator[Check]:
    for number, rule in enumerate(_list(document, "slaProperties", "the contract")):
        element = str(rule.get("element", ""))
        owner, _, column = element.rpartition(".")
        if str(rule.get("property")).lower() not in FRESHNESS or owner not in ("", name) or not column:
            continue
        value, unit = rule.get("value"), str(rule.get("unit"))
        if type(value) not in (int, float) or unit not in UNITS:
            raise InputError(f"slaProperties[{number}]: {value!r} {unit} is no time: give a number, and h or d as unit")
        limits = {"mustBeLessOrEqualTo": value * UNITS[unit]}
        yield Check(f"{column}: at most {value} {unit} old", "age", (column,), limits=limits)


def _list(one: Mapping[str, Any], key: str, place: str) -> list[dict[str, Any]]:
    found = one.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InputError(f"{key} of {place} must be a list of objects")
    return found


def _pattern(pattern: Any, place: str) -> None:
    try:
        re.compile(pattern or "")
    except (re.error, TypeError) as error:
        raise InputError(f"{place} is {pattern!r}, no regular expression: {error}") from None
