"""Conditions of a pipeline as CEL, where both languages mean the same; what they mean differently is refused."""

import ast
import json
import re
from collections.abc import Callable

from penstock.api.base import Json
from penstock.python.annotations import ARTIFACT, LIST, Type
from penstock.python.literals import writes_none
from penstock.python.refusals import Refusal
from penstock.python.values import Computed, Each, Made, Param, Value, Written

Read = Callable[[ast.expr], Value]
"""What an expression of the pipeline stands for."""

_COMPARED = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({"in", "true", "false", "null"})
_PATH = r"[A-Za-z_][\w.]*(?:\[(?:'[^'\\]*'|\d+)\]|\.\w+)*"
_ATOM = re.compile(rf"{_PATH}|(?:size|string|double)\({_PATH}\)")
"""What needs no brackets wherever it stands."""
_NUMBERS = ("Integer", "Number")
_SINGLE = (Made, Param, Written, Each, Computed)
_ORDERED = (*_NUMBERS, "String")


def condition(node: ast.expr, read: Read) -> str:
    """The condition in CEL. Raises Refusal."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            word = " && " if isinstance(op, ast.And) else " || "
            return word.join(_bracketed(one, read) for one in parts)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return negated(condition(inner, read))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            pairs = zip([left, *rest], ops, rest, strict=False)
            return " && ".join(_compared(one, op, other, read) for one, op, other in pairs)
        case ast.Constant(value=bool() as value):
            return "true" if value else "false"
        case _:
            return _true(node, read)


def is_condition(node: ast.expr) -> bool:
    """Whether an expression is a condition by itself."""
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def negated(words: str) -> str:
    """The opposite of a condition."""
    return f"!({words})"


def _bracketed(node: ast.expr, read: Read) -> str:
    words = condition(node, read)
    return (
        f"({words})" if isinstance(node, ast.BoolOp) or (isinstance(node, ast.Compare) and len(node.ops) > 1) else words
    )


def _true(node: ast.expr, read: Read) -> str:
    value = read(node)
    kind = value.type.kind if isinstance(value, _SINGLE) else ""
    if kind != "Boolean" or (isinstance(value, _SINGLE) and value.type.optional):
        what = ast.unparse(node)
        raise Refusal(
            node,
            f"{what} is no bool, and what counts as true differs; write a comparison: `{what} > 0`,"
            f" `{what} is not None`, `len({what}) > 0`",
        )
    return term(value, node)


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, read: Read) -> str:
    if isinstance(op, ast.Is | ast.IsNot):
        return _is_none(left, right, read, isinstance(op, ast.Is))
    if isinstance(op, ast.NotIn):
        return negated(_compared(left, ast.In(), right, read))
    equal = isinstance(op, ast.Eq | ast.NotEq | ast.In)
    one, kind = _operand(left, read, equal)
    other, other_kind = _operand(right, read, equal)
    kinds = {kind, other_kind}
    if isinstance(op, ast.In):
        if other_kind != LIST:
            raise Refusal(right, "`in` looks into a list here; write a list, or compare with ==")
    elif kind != other_kind and "Any" not in kinds and not kinds <= set(_NUMBERS):
        raise Refusal(left, f"compares {kind} with {other_kind}, which are never equal; make them one type")
    elif not equal and not kinds <= {*_ORDERED, "Any"}:
        raise Refusal(left, f"{kind} has no order here; compare numbers or texts")
    elif kind != other_kind and "Any" not in kinds:
        one, other = number(one, kind), number(other, other_kind)
    return f"{one} {_COMPARED[type(op)]} {other}"


def _is_none(left: ast.expr, right: ast.expr, read: Read, wanted: bool) -> str:
    if not writes_none(right):
        raise Refusal(right, "`is` compares with None only; write ==")
    value = read(left)
    if isinstance(value, Made) and value.maybe:
        return f"{step_term(value.step)}.status {'!=' if wanted else '=='} 'Succeeded'"
    if isinstance(value, Made | Param | Computed) and value.type.optional:
        return f"dyn({term(value, left)}) {'==' if wanted else '!='} null"
    raise Refusal(left, f"{ast.unparse(left)} is never None; remove the comparison")


def _operand(node: ast.expr, read: Read, equal: bool) -> tuple[str, str]:
    """A side of a comparison in CEL, and the kind of its type. `equal`: it is compared with == or the like."""
    value = read(node)
    if equal and isinstance(value, Computed):  # where there is no exit code, it equals none
        return term(value, node), "Any" if value.type.optional else value.type.kind
    return term(value, node), kind_of(value, node)


def kind_of(value: Value, node: ast.expr) -> str:
    """The kind of the type of a single value. Raises Refusal for others, and for one that may be None."""
    if not isinstance(value, _SINGLE):
        raise Refusal(node, f"{ast.unparse(node)} is no single value; let a step make one of it")
    if value.type.optional and not isinstance(value, Written):
        raise Refusal(
            node, f"{ast.unparse(node)} may be None; ask `is not None` in an `if` of its own, or let a step compare"
        )
    return value.type.kind


def term(value: Value, node: ast.expr) -> str:
    """A value in CEL."""
    match value:
        case Written(value=written):
            return cel(written)
        case Param(name=name):
            return f"params{member(name)}"
        case Each(name=name, field=field, type=kind):
            return loose(f"each{member(name)}{member(field) if field else ''}", kind)
        case Computed(words=words):
            return words if _ATOM.fullmatch(words) else f"({words})"
        case Made(type=kind) if kind.kind == ARTIFACT:
            raise Refusal(
                node, f"{ast.unparse(node)} is a file, which only steps look into; let its step return a value too"
            )
        case Made(step=step, output=output):
            return f"{step_term(step)}.outputs{member(output)}"
        case _:
            raise Refusal(node, f"{ast.unparse(node)} is no single value; let a step say what is to be compared")


def loose(words: str, kind: Type) -> str:
    """A value of which only the author says the type: for a number a whole one may come, which CEL tells apart."""
    return f"double({words})" if kind.kind == "Number" else words


def step_term(name: str) -> str:
    """A step in CEL."""
    return f"steps{member(name)}"


def member(name: str) -> str:
    """A member in CEL, by its name."""
    return f".{name}" if _PLAIN.fullmatch(name) and name not in _RESERVED else f"[{cel(name)}]"


def number(words: str, kind: str) -> str:
    """A whole number beside one that is none: CEL compares numbers of one type only."""
    if kind == "Number":
        return words
    return f"{words}.0" if words.lstrip("-").isdecimal() else f"double({words})"


def cel(value: Json) -> str:
    """A written value in CEL."""
    if isinstance(value, str):
        return "'" + json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join(map(cel, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{cel(key)}: {cel(one)}' for key, one in value.items())}}}"
    return json.dumps(value)
