"""Comprehensions: a call for each item is a fan-out, a field of each result is the list that a fan-out made."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from penstock.api.base import Json
from penstock.python.annotations import ANY, ARTIFACT, LIST, Type, type_of_value
from penstock.python.conditions import cel, loose, member, negated, term
from penstock.python.literals import literal, writes_none
from penstock.python.module import Module
from penstock.python.options import Fields
from penstock.python.refusals import Refusal, short
from penstock.python.values import Computed, Each, Fan, Hidden, Made, Param, Results, Value, Written, maybe, steps_in

ITEM = "it"
"""What an item is called in the CEL that filters a list."""
MOST_WORDS = 4096
"""Characters of an expression."""
MOST_NAME = 63
"""Characters of the name of a variable."""


@dataclass(slots=True)
class Scope:
    """What is known at one place of a pipeline."""

    names: dict[str, Value] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
    each: tuple[Each, ...] = ()
    """Variables of the comprehension whose element is read."""
    final: bool = False


class Reader(Protocol):
    """What reads expressions."""

    module: Module
    scope: Scope

    def read(self, node: ast.expr) -> Value:
        """What an expression stands for."""

    def call(self, node: ast.Call, variables: tuple[Fields, ...] = ()) -> Value:
        """What a call gives, which is one for each combination of the variables if there are some."""

    def field(self, value: Value, node: ast.Attribute) -> Value:
        """A field of what a call gave."""

    def condition(self, node: ast.expr) -> str:
        """A condition, in CEL."""

    def names_in(self, node: ast.AST) -> bool:
        """Whether something in an expression is known only when it runs."""


def comprehension(reader: Reader, node: ast.ListComp) -> Fan:
    """The results of a call for each item, or one output of all that a fan-out made. Raises Refusal."""
    _check(reader, node)
    over = _iterated(reader, node.generators[0].iter)
    if isinstance(over, Fan):
        return _selection(reader, node, over)
    loops = [
        _loop(reader, one, over if not number else _iterated(reader, one.iter))
        for number, one in enumerate(node.generators)
    ]
    before = reader.scope
    each = {name: value for loop in loops for name, value in loop.names.items()}
    reader.scope = Scope({**before.names, **each}, before.guards, tuple(each.values()), before.final)
    try:
        return Fan(_element(reader, node.elt, tuple(_variable(reader, one) for one in loops)))
    finally:
        reader.scope = before


def _element(reader: Reader, node: ast.expr, variables: tuple[Fields, ...]) -> Made | Results:
    """What is made for each item, perhaps only under a condition on it."""
    if isinstance(node, ast.IfExp):
        empty = [writes_none(one) for one in (node.body, node.orelse)]
        if sum(empty) != 1:
            raise Refusal(node, "chooses between two calls for one item; put them into a @pipeline, and call that")
        words = reader.condition(node.test)
        reader.scope.guards = (*reader.scope.guards, negated(words) if empty[0] else words)
        found = maybe(_element(reader, node.orelse if empty[0] else node.body, variables))
        if not isinstance(found, Made) or found.type.kind == ARTIFACT:
            raise Refusal(node, "has gaps, and only single values can be None; filter the items: [... for ... if ...]")
        return found
    fields = list[ast.Attribute]()
    while isinstance(node, ast.Attribute):
        fields.append(node)
        node = node.value
    if not isinstance(node, ast.Call):
        raise Refusal(node, "is no call; the element of a fan-out is a call of a step: [train(n) for n in ...]")
    made = reader.call(node, variables)
    for attribute in reversed(fields):
        made = reader.field(made, attribute)
    assert isinstance(made, Made | Results)
    return made


def _check(reader: Reader, node: ast.ListComp) -> None:
    bound = set(reader.scope.names)
    for one in node.generators:
        if one.is_async:
            raise Refusal(node, "is asynchronous; remove `async`")
        for target in _targets(one):
            if not isinstance(target, ast.Name):
                raise Refusal(target, f"{short(target)} is no name; bind each part of an item to a name")
            if target.id in bound:
                raise Refusal(target, f"{target.id!r} is bound already; use another name")
            bound.add(target.id)
    if reader.scope.each:
        raise Refusal(
            node,
            "is a fan-out in a fan-out; give the outer one both `for`, or put the inner one into a"
            " @pipeline and call that",
        )


def _targets(one: ast.comprehension) -> list[ast.expr]:
    return one.target.elts if isinstance(one.target, ast.Tuple | ast.List) else [one.target]


def _selection(reader: Reader, node: ast.ListComp, over: Fan) -> Fan:
    """`[one.model for one in found]`: one output of all that a fan-out made."""
    (only,) = node.generators if len(node.generators) == 1 else (None,)
    if only is None or any(isinstance(one, ast.Call) for one in ast.walk(node.elt)):
        raise Refusal(
            node,
            "calls a step for each result of a fan-out; put both calls into a @pipeline, and call that"
            " in one comprehension",
        )
    if not isinstance(only.target, ast.Name) or only.ifs:
        raise Refusal(
            only.ifs[0] if only.ifs else only.target,
            "chooses among results that are not there yet; let a step choose among the lists",
        )
    before = reader.scope
    reader.scope = Scope({**before.names, only.target.id: over.of}, before.guards, (), before.final)
    try:
        found = reader.read(node.elt)
    finally:
        reader.scope = before
    if not isinstance(found, Made) or found.step not in steps_in(over):
        raise Refusal(node.elt, "is no field of the results; write one, as in `[one.accuracy for one in found]`")
    return Fan(found)


def _iterated(reader: Reader, node: ast.expr) -> Value | range:
    """What a `for` goes over."""
    if isinstance(node, ast.Call) and reader.module.origin(node.func) == "builtins.range" and not node.keywords:
        if any(reader.names_in(one) for one in node.args):
            raise Refusal(
                node, "goes to a number that is not there yet; take the list as an argument, or let a step return it"
            )
        numbers = [literal(reader.module, one) for one in node.args]
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in numbers) or not 1 <= len(numbers) <= 3:
            raise Refusal(node, "range takes one to three whole numbers")
        try:
            return range(*numbers)
        except (ValueError, TypeError) as error:
            raise Refusal(node, f"{error}") from None
    return reader.read(node)


@dataclass(frozen=True, slots=True)
class _Loop:
    """One `for`: its variable in the manifest, where the list is from, and what its names stand for."""

    node: ast.comprehension
    variable: str
    source: Fields
    words: str
    """The list, in CEL."""
    names: Mapping[str, Each]


def _loop(reader: Reader, node: ast.comprehension, over: Value | range) -> _Loop:
    names = [one.id for one in _targets(node) if isinstance(one, ast.Name)]
    if not isinstance(node.target, ast.Name):
        return _apart(node, names, over)
    source, words, kind = _list(over, node.iter)
    fields = _fields(over.value) if isinstance(over, Written) else None
    return _Loop(node, names[0], source, words, {names[0]: Each(names[0], kind, fields=fields)})


def _apart(node: ast.comprehension, names: list[str], over: Value | range) -> _Loop:
    """`for depth, rate in [(2, 0.1), (4, 0.5)]`: listed combinations, as objects with these fields."""
    rows = over.value if isinstance(over, Written) and isinstance(over.value, list) else None
    if rows is None:
        raise Refusal(
            node.target,
            "takes apart items that are not there yet; let them be objects, and take the fields: `one['depth']`",
        )
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            parts = f"{len(row)} parts" if isinstance(row, list) else "no parts"
            raise Refusal(node.iter, f"item {number} has {parts}, for {len(names)} names; write one for each")
    values = [dict(zip(names, row, strict=True)) for row in rows]
    variable = "-".join(names) if len("-".join(names)) <= MOST_NAME else names[0]
    columns = {name: type_of_value([one[name] for one in values]).item or ANY for name in names}
    each = {name: Each(variable, kind, name) for name, kind in columns.items()}
    return _Loop(node, variable, {"values": values}, cel(values), each)


def _fields(values: Json) -> dict[str, Type] | None:
    """The fields that all items of a written list have, if these are objects."""
    rows = [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
    if not rows or len(rows) < len(values):
        return None
    common = [name for name in rows[0] if all(name in row for row in rows)]
    return {name: type_of_value([row[name] for row in rows]).item or ANY for name in common}


def _variable(reader: Reader, loop: _Loop) -> Fields:
    """The variable of forEach that a `for` becomes, with what it filters."""
    found = {"name": loop.variable, **loop.source}
    if not loop.node.ifs:
        return found
    before = reader.scope
    own: dict[str, Value] = {
        name: Computed(loose(f"{ITEM}{member(one.field) if one.field else ''}", one.type), one.type)
        for name, one in loop.names.items()
    }
    others = {
        name: Hidden("is another item than this `if` is about; filter each list by its own items")
        for name in before.names
        if isinstance(before.names[name], Each)
    }
    reader.scope = Scope({**before.names, **others, **own}, before.guards, before.each, before.final)
    try:
        parts = [reader.condition(one) for one in loop.node.ifs]
    finally:
        reader.scope = before
    words = f"{loop.words}.filter({ITEM}, {' && '.join(parts if len(parts) == 1 else [f'({one})' for one in parts])})"
    if len(words) > MOST_WORDS:
        raise Refusal(
            loop.node.ifs[0], "filters a list that is too long to be looked through here; write the rest of it"
        )
    return {"name": loop.variable, "expr": words}


def _list(over: Value | range, node: ast.expr) -> tuple[Fields, str, Type]:
    """The list that a `for` goes over as a manifest says it, in CEL, and the type of its items."""
    match over:
        case range():
            limits = {"start": over.start} if over.start else {}
            step = {"step": over.step} if over.step != 1 else {}
            words = cel(list(over[:MOST_WORDS]))
            return {"range": {**limits, "stop": over.stop, **step}}, words, Type("Integer")
        case Written(value=list() as values):
            return {"values": values}, cel(values), type_of_value(values).item or ANY
        case Made(type=kind) if kind.kind == LIST and not kind.optional:
            return {"from": over.reference}, term(over, node), kind.item or ANY
        case Param(name=given, type=kind) if kind.kind == LIST and not kind.optional:
            return {"param": given}, term(over, node), kind.item or ANY
        case Computed(words=words, type=kind) if kind.kind in (LIST, "Any"):
            return {"expr": words}, term(over, node), kind.item or ANY
        case _:
            raise Refusal(
                node,
                f"{short(node)} is no list to go over; write a list or range(...), or let a step return a list",
            )
