"""Rules that one object can decide by itself, each stated once for the API server and for offline checks.

A rule carries its CEL text (KEP-2876, evaluated by the API server), the same condition in Python (evaluated by the
models, so by `penstock lint` and the operator), and one message for both. A contract test evaluates the two forms on
the same objects.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on one object, and what to say where it does not hold."""

    message: str
    """What is wrong and how to put it right."""
    holds: Callable[[Any], bool] | None
    """The condition on the model; None for a rule about a change, which only the API server sees."""
    cel: str | None = None
    """The condition in CEL on `self`; None where `schema` says it, or where it is over the API server's budget."""
    schema: dict[str, Any] = field(default_factory=dict)
    """The condition as a piece of structural schema, where CEL cannot see the fields."""
    explain: Callable[[Any], str] | None = None
    """A more exact message than `message`, for a model that breaks the rule."""
    at: str = ""
    """Field of the object that the message is about, as users write it."""


Rules = tuple[Rule, ...]


def words(names: tuple[str, ...], last: str = "and") -> str:
    """`a, b and c`."""
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else names[0]


def _any_set(names: tuple[str, ...]) -> str:
    return " || ".join(f"has(self.{name})" for name in names)


def exactly_one(*names: str) -> Rule:
    """Exactly one of the fields is set."""
    flags = ", ".join(f"has(self.{name})" for name in names)
    return Rule(
        message=f"set exactly one of {words(names)}",
        holds=lambda model: sum(model.is_set(name) for name in names) == 1,
        cel=f"[{flags}].filter(set, set).size() == 1",
    )


def at_most_one(one: str, other: str) -> Rule:
    """At most one of the two fields is set."""
    return Rule(
        message=f"set only one of {one} and {other}",
        holds=lambda model: not (model.is_set(one) and model.is_set(other)),
        cel=f"!has(self.{one}) || !has(self.{other})",
    )


def exactly_one_source(*names: str) -> Rule:
    """Exactly one of the fields is set, where one holds plain JSON, which CEL cannot see."""
    rule = exactly_one(*names)
    return Rule(rule.message, rule.holds, schema={"oneOf": [{"required": [name]} for name in names]})


def requires_one(*names: str) -> Rule:
    """At least one of the fields is set."""
    return Rule(
        message=f"nothing to run: set {words(names, 'or')}",
        holds=lambda model: any(model.is_set(name) for name in names),
        cel=_any_set(names),
    )


def excludes(name: str, *others: str, why: str, unless: str = "") -> Rule:
    """Where `name` is set, none of `others` is, except where the field `unless` is set."""
    return Rule(
        message=f"{why}; beside {name} there can be no {words(others, 'or')}",
        explain=lambda model: f"{why}; remove {name}, or {words(tuple(o for o in others if model.is_set(o)))}",
        holds=lambda model: (
            not model.is_set(name)
            or bool(unless and model.is_set(unless))
            or not any(model.is_set(other) for other in others)
        ),
        cel=f"!has(self.{name}){f' || has(self.{unless})' if unless else ''} || !({_any_set(others)})",
    )


def requires(name: str, *others: str, why: str) -> Rule:
    """Where `name` is set, one of `others` is too."""
    return Rule(
        message=f"{why}: set {words(others, 'or')}, or remove {name}",
        holds=lambda model: not model.is_set(name) or any(model.is_set(other) for other in others),
        cel=f"!has(self.{name}) || {_any_set(others)}",
    )


def name_rule(longest: int, message: str, holds_for: Callable[[Any], bool] = lambda _: True, unless: str = "") -> Rule:
    """The object's name is a DNS label of at most `longest` characters, except where the CEL text `unless` is true."""

    def holds(model: Any) -> bool:
        name = model.metadata.get("name")
        if not isinstance(name, str) or not holds_for(model):
            return True
        return len(name) <= longest and re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) is not None

    label = "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')"
    size = f"self.metadata.name.size() <= {longest}"
    return Rule(
        message, holds, cel=f"{unless} || ({label} && {size})" if unless else f"{label} && {size}", at="metadata.name"
    )


@dataclass(frozen=True, slots=True)
class Unique:
    """Marks a list whose items differ: objects by `key`, scalars by themselves (list types map and set)."""

    key: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        keys = {"x-kubernetes-list-map-keys": [self.key]} if self.key else {}
        return {**handler(schema), "x-kubernetes-list-type": "map" if self.key else "set", **keys}

    def _check(self, items: list[Any] | None) -> list[Any] | None:
        first: dict[Any, int] = {}
        problems = []
        for index, item in enumerate(items or ()):
            value = getattr(item, item.attributes[self.key]) if self.key else item
            if first.setdefault(value, index) != index:
                at = f"[{index}].{self.key}" if self.key else f"[{index}]"
                problems.append(
                    (at, f"{str(value)!r} is already item {first[value]} of this list; each may occur once")
                )
        if problems:
            raise rule_error(problems)
        return items


def rule_error(problems: list[tuple[str, str]]) -> PydanticCustomError:
    """The error of broken rules: pairs of a path within the object and a message."""
    text = "; ".join(f"{at}: {message}" if at else message for at, message in problems)
    return PydanticCustomError("rule", "{text}", {"text": text, "problems": problems})
