"""Values that are written out: in decorators, defaults, arguments and the constants that those name."""

import ast
from collections.abc import Callable, Mapping
from math import isfinite
from operator import add, floordiv, mod, mul, sub, truediv

from penstock.api.base import Json
from penstock.python.module import Module
from penstock.python.refusals import Refusal

_SUMS: Mapping[type, Callable[..., Json]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
    ast.FloorDiv: floordiv,
    ast.Mod: mod,
}
_READ = "is read, not run: write it out"
_LONGEST = 65536


def writes_none(node: ast.AST | None) -> bool:
    """Whether a part of the text is the word None."""
    return isinstance(node, ast.Constant) and node.value is None


def literal(module: Module, node: ast.expr, within: tuple[str, ...] = ()) -> Json:
    """The value, as JSON: a tuple is a list. Raises Refusal for what would have to be run.

    `within`: the constants that it is a part of.
    """
    match node:
        case ast.Constant(value=str() | bool() | int() | None as value):
            return value
        case ast.Constant(value=float() as value) if isfinite(value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [literal(module, one, within) for one in items]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_key(module, key, node, within): literal(module, one, within) for key, one in pairs}
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            value = literal(module, inner, within)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value if isinstance(node.op, ast.USub) else value
        case ast.BinOp():
            return _sum(module, node, within)
        case ast.JoinedStr(values=parts):
            return "".join(_part(module, one, within) for one in parts)
        case ast.Name(id=name):
            return _constant(module, node, name, within)
    raise Refusal(node, f"{ast.unparse(node)} {_READ}")


def is_literal(module: Module, node: ast.expr) -> bool:
    """Whether it is a value that is written out."""
    try:
        literal(module, node)
    except Refusal:
        return False
    return True


def _constant(module: Module, node: ast.Name, name: str, within: tuple[str, ...]) -> Json:
    value = module.value_of(name)
    if value is None:
        known = name in module.bindings
        raise Refusal(node, f"{name} {'is bound to no written value' if known else 'is not defined'}; write it out")
    if name in within:
        raise Refusal(node, f"{name} is made of itself; write it out")
    try:
        return literal(module, value, (*within, name))
    except Refusal as refusal:
        raise Refusal(node, f"{name}: {refusal}") from None


def _key(module: Module, key: ast.expr | None, node: ast.Dict, within: tuple[str, ...]) -> str:
    found = literal(module, key, within) if key is not None else None
    if not isinstance(found, str):
        raise Refusal(key or node, "the keys of an object are text, and ** is not read: write the entries out")
    return found


def _sum(module: Module, node: ast.BinOp, within: tuple[str, ...]) -> Json:
    left, right = literal(module, node.left, within), literal(module, node.right, within)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (left, right))
    both = {type(left), type(right)}
    joined = isinstance(node.op, ast.Add) and both in ({str}, {list})
    if not (numbers and type(node.op) in _SUMS) and not joined:
        raise Refusal(node, f"{ast.unparse(node)} {_READ}")
    try:
        found = _SUMS[type(node.op)](left, right)
    except (ArithmeticError, ValueError):
        raise Refusal(node, f"{ast.unparse(node)} has no value") from None
    if isinstance(found, str | list) and len(found) > _LONGEST:
        raise Refusal(node, "is too long; give it as a file")
    return found


def _part(module: Module, node: ast.expr, within: tuple[str, ...]) -> str:
    if isinstance(node, ast.FormattedValue):
        value = literal(module, node.value, within)
        if node.format_spec is None and node.conversion == -1 and isinstance(value, str | int) and value is not True:
            return str(value)
        raise Refusal(node, f"{ast.unparse(node.value)} in an f-string {_READ}")
    return str(literal(module, node, within))
