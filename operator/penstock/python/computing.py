"""What a pipeline computes of values that come later, as CEL, where both languages mean the same."""

import ast
from collections.abc import Mapping

from penstock.python.annotations import ANY, ARTIFACT, LIST, Type
from penstock.python.conditions import Read, condition, is_condition, kind_of, loose, member, number, term
from penstock.python.refusals import Refusal, short
from penstock.python.values import Computed, Each, Ended, Fan, Made, Param, Value, steps_in

_SUMS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_NUMBERS = ("Integer", "Number")
FACTS = {
    "status": ("status", Type("String")),
    "reason": ("reason", Type("String")),
    "exit_code": ("exitCode", Type("Integer", optional=True)),
    "start_time": ("startTime", Type("String", optional=True)),
    "completion_time": ("completionTime", Type("String", optional=True)),
}
"""What is known of how a step ended: the attribute, the name in expressions, the type."""


def is_computed(node: ast.expr) -> bool:
    """Whether an expression computes something that can be said as CEL."""
    if is_condition(node):
        return True
    match node:
        case ast.BinOp() | ast.UnaryOp() | ast.JoinedStr() | ast.Subscript():
            return True
        case ast.Call(func=ast.Name(id="len")):
            return True
    return False


def computed(node: ast.expr, read: Read) -> Value:
    """What an expression computes. Raises Refusal where CEL would mean something else, or nothing."""
    seen: list[Value] = []

    def noted(one: ast.expr) -> Value:
        seen.append(read(one))
        return seen[-1]

    if isinstance(node, ast.Subscript):
        found = _part(node, noted)
        if isinstance(found, Each):
            return found
    else:
        found = _computed(node, noted)
    steps = tuple(dict.fromkeys(name for one in seen for name in steps_in(one)))
    of_item = any(isinstance(one, Each) or (isinstance(one, Computed) and one.of_item) for one in seen)
    return Computed(found[0], found[1], steps, of_item)


def fact(value: Ended, node: ast.Attribute) -> Computed:
    """One fact of how a step, or all of them, ended."""
    if node.attr not in FACTS or not (value.step or node.attr == "status"):
        has = ", ".join(FACTS) if value.step else "status"
        raise Refusal(node, f"there is no {node.attr!r} in how it ended; there is: {has}")
    name, kind = FACTS[node.attr]
    words = f"steps{member(value.step)}.{name}" if value.step else "pipeline.status"
    return Computed(words, kind, (value.step,) if value.step else ())


def _computed(node: ast.expr, read: Read) -> tuple[str, Type]:
    if is_condition(node) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return condition(node, read), Type("Boolean")
    match node:
        case ast.BinOp():
            return _sum(node, read)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            words, kind = _operand(inner, read)
            if kind not in _NUMBERS:
                raise Refusal(node, f"- is for numbers, and {short(inner)} is {kind}; let a step compute it")
            return f"-{words}", Type(kind)
        case ast.JoinedStr(values=parts):
            return " + ".join(_text(one, read) for one in parts) or "''", Type("String")
        case ast.Call(args=[inner]):
            value = read(inner)
            if isinstance(value, Fan):
                return _count(value, inner), Type("Integer")
            kind = kind_of(value, inner)
            if kind not in (LIST, "String", "Object"):
                raise Refusal(node, f"{short(inner)} has no length; let a step compute it")
            return f"size({term(value, inner)})", Type("Integer")
    raise Refusal(node, f"{short(node)} computes with values that are not there yet; let a step compute it")


def _count(fan: Fan, node: ast.expr) -> str:
    """How many results a fan-out has."""
    one = fan.of
    if not isinstance(one, Made) or one.maybe or one.type.kind == ARTIFACT:
        raise Refusal(
            node,
            f"{short(node)} has files, gaps or several results each;"
            " count one field that is there: `len([one.error for one in found])`",
        )
    return f"size({term(one, node)})"


def _operand(node: ast.expr, read: Read) -> tuple[str, str]:
    value = read(node)
    return term(value, node), kind_of(value, node)


def _sum(node: ast.BinOp, read: Read) -> tuple[str, Type]:
    sign = _SUMS.get(type(node.op))
    if sign is None:
        raise Refusal(
            node, f"{short(node)}: only + - * / mean the same where this is computed; let a step compute the rest"
        )
    left, one = _operand(node.left, read)
    right, other = _operand(node.right, read)
    if sign == "+" and one == other == "String":
        return f"{left} + {right}", Type("String")
    unsaid = node.left if one == "Any" else node.right if other == "Any" else None
    if unsaid is not None:
        what = short(unsaid)
        raise Refusal(node, f"the type of {what} is not said: annotate dict[str, int], or let a step compute it")
    if one not in _NUMBERS or other not in _NUMBERS:
        raise Refusal(node, f"{short(node)} is made of {one} and {other}, and only numbers are; let a step compute it")
    if sign == "/" or one != other:
        left, right = number(left, one), number(right, other)
        return f"{left} {sign} {right}", Type("Number")
    return f"{left} {sign} {right}", Type(one)


def _text(node: ast.expr, read: Read) -> str:
    """A part of an f-string."""
    if not isinstance(node, ast.FormattedValue):
        return term(read(node), node)
    if node.format_spec is not None or node.conversion != -1:
        raise Refusal(node, "is written in a way of its own in a text that is not there yet; let a step make the text")
    words, kind = _operand(node.value, read)
    if kind == "String":
        return words
    if kind == "Integer":
        return f"string({words})"
    raise Refusal(node, f"{short(node.value)} is {kind} in a text that is not there yet; let a step make the text")


def _part(node: ast.Subscript, read: Read) -> "tuple[str, Type] | Each":
    """A member of an object, or an item of a list."""
    value = read(node.value)
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    kind = kind_of(value, node.value)
    known = value.type if isinstance(value, Each | Computed | Made | Param) else ANY
    if isinstance(key, str) and kind in ("Object", "Any"):
        if isinstance(value, Each) and not value.field and key.isascii() and key.isidentifier():
            if value.fields is not None and key not in value.fields:
                has = ", ".join(value.fields) or "nothing"
                raise Refusal(node, f"not every item of {value.name!r} has {key!r}; each has: {has}")
            return Each(value.name, (value.fields or {}).get(key, known.values or ANY), key)
        return loose(f"{term(value, node)}{member(key)}", known.values or ANY), known.values or ANY
    if type(key) is int and kind in (LIST, "Any"):
        return loose(f"{term(value, node)}[{key}]", known.item or ANY), known.item or ANY
    raise Refusal(
        node,
        f"{short(node)}: objects are taken apart by a written key, and lists by a number from 0;"
        " let the step return that part, or pass all of it",
    )
