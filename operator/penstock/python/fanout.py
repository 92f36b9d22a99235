"""Comprehensions: a call for each item is a fan-out, a field of each result is the list that a fan-out made."""

import ast
from dataclasses import dataclass, field
from typing import Protocol

from penstock.python.annotations import ANY, LIST, Type, type_of_value
from penstock.python.literals import literal
from penstock.python.module import Module
from penstock.python.options import Fields
from penstock.python.refusals import Refusal, short
from penstock.python.values import Each, Fan, Made, Param, Results, Value, Written, steps_in


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

    def names_in(self, node: ast.AST) -> bool:
        """Whether something in an expression is known only when it runs."""


def comprehension(reader: Reader, node: ast.ListComp) -> Fan:
    """The results of a call for each item, or one output of all that a fan-out made. Raises Refusal."""
    _check(reader, node)
    over = _iterated(reader, node.generators[0].iter)
    if isinstance(over, Fan):
        return _selection(reader, node, over)
    base, fields = node.elt, list[ast.Attribute]()
    while isinstance(base, ast.Attribute):
        fields.append(base)
        base = base.value
    if not isinstance(base, ast.Call):
        raise Refusal(node.elt, "is no call; the element of a fan-out is a call of a step: [train(n) for n in ...]")
    variables, each = [], []
    for number, one in enumerate(node.generators):
        assert isinstance(one.target, ast.Name)
        variable, kind = _variable(one.target.id, over if not number else _iterated(reader, one.iter), one.iter)
        variables.append(variable)
        each.append(Each(one.target.id, kind))
    before = reader.scope
    reader.scope = Scope({**before.names, **{one.name: one for one in each}}, before.guards, tuple(each), before.final)
    try:
        found = reader.call(base, tuple(variables))
        for attribute in reversed(fields):
            found = reader.field(found, attribute)
    finally:
        reader.scope = before
    assert isinstance(found, Made | Results)
    return Fan(found)


def _check(reader: Reader, node: ast.ListComp) -> None:
    for one in node.generators:
        if one.is_async:
            raise Refusal(node, "is asynchronous; remove `async`")
        if one.ifs:
            raise Refusal(one.ifs[0], "filters the items; write the filtered list, or let a step return it")
        if not isinstance(one.target, ast.Name):
            raise Refusal(
                one.target,
                "takes items apart; use a `for` of its own for each, or pass the item to one"
                " argument and take it apart in the step",
            )
        if one.target.id in reader.scope.names:
            raise Refusal(one.target, f"{one.target.id!r} is bound already; use another name")
    if reader.scope.each:
        raise Refusal(
            node,
            "is a fan-out in a fan-out; give the outer one both `for`, or put the inner one into a"
            " @pipeline and call that",
        )


def _selection(reader: Reader, node: ast.ListComp, over: Fan) -> Fan:
    """`[one.model for one in found]`: one output of all that a fan-out made."""
    (only,) = node.generators if len(node.generators) == 1 else (None,)
    if only is None or any(isinstance(one, ast.Call) for one in ast.walk(node.elt)):
        raise Refusal(
            node,
            "calls a step for each result of a fan-out; put both calls into a @pipeline, and call that"
            " in one comprehension",
        )
    assert isinstance(only.target, ast.Name)
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
            raise Refusal(node, "goes to a number that is not there yet; let a step return the list to go over")
        numbers = [literal(reader.module, one) for one in node.args]
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in numbers) or not 1 <= len(numbers) <= 3:
            raise Refusal(node, "range takes one to three whole numbers")
        try:
            return range(*numbers)
        except (ValueError, TypeError) as error:
            raise Refusal(node, f"{error}") from None
    return reader.read(node)


def _variable(name: str, over: Value | range, node: ast.expr) -> tuple[Fields, Type]:
    match over:
        case range():
            limits = {"start": over.start} if over.start else {}
            step = {"step": over.step} if over.step != 1 else {}
            return {"name": name, "range": {**limits, "stop": over.stop, **step}}, Type("Integer")
        case Written(value=list() as values):
            return {"name": name, "values": values}, type_of_value(values).item or ANY
        case Made(type=kind) if kind.kind == LIST and not kind.optional:
            return {"name": name, "from": over.reference}, kind.item or ANY
        case Param(name=given, type=kind) if kind.kind == LIST and not kind.optional:
            return {"name": name, "param": given}, kind.item or ANY
        case _:
            raise Refusal(
                node,
                f"{short(node)} is no list to go over; write a list or range(...), or let a step return a list",
            )
