"""What annotations say: `Path` is an Artifact, `X | None` optional, `Literal` an enum, `Annotated[X, "a-b"]` a name."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from penstock.api.base import Json
from penstock.core.values import type_name
from penstock.python.literals import writes_none
from penstock.python.module import Module
from penstock.python.refusals import Refusal

ARTIFACT, LIST = "Artifact", "List"

_TYPES = {
    "builtins.str": "String",
    "builtins.int": "Integer",
    "builtins.float": "Number",
    "builtins.bool": "Boolean",
    "builtins.dict": "Object",
    "builtins.list": LIST,
    "pathlib.Path": ARTIFACT,
    "typing.Dict": "Object",
    "typing.List": LIST,
    "typing.Sequence": LIST,
    "typing.Mapping": "Object",
    "collections.abc.Sequence": LIST,
    "collections.abc.Mapping": "Object",
}
_WORDS = {
    "String": "str",
    "Integer": "int",
    "Number": "float",
    "Boolean": "bool",
    "Object": "dict",
    LIST: "list",
    ARTIFACT: "Path",
}
KNOWN = "str, int, float, bool, list, dict, Literal, Path and X | None"


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value: one of the API's, or `Any` where it is known only when it runs."""

    kind: str
    optional: bool = False
    enum: tuple[Json, ...] = ()
    item: "Type | None" = None
    """Of a list: the type of what is in it, if that is said."""
    name: str = ""
    """The name that the annotation gives, where Python could not write it."""
    values: "Type | None" = field(default=None, compare=False)
    """Of an object: the type of all that is in it, if that is said. It takes whatever has been said of others."""

    @property
    def of_files(self) -> bool:
        """Whether it is a list of Artifacts."""
        return self.kind == LIST and self.item is not None and self.item.kind == ARTIFACT

    def __str__(self) -> str:
        inner = f"[{self.item}]" if self.item else ""
        return f"{_WORDS.get(self.kind, self.kind)}{inner}{' | None' if self.optional else ''}"


ANY, NONE = Type("Any"), Type("null", optional=True)


def type_of(module: Module, node: ast.expr | None, place: ast.AST) -> Type:
    """The type that an annotation says. Raises Refusal for what is no value of JSON and no file."""
    if node is None:
        raise Refusal(place, f"says no type; annotate it with one of {KNOWN}")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return type_of(module, _parsed(node), place)
    if writes_none(node):
        return NONE
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either(module, [node.left, node.right], node)
    if isinstance(node, ast.Subscript):
        return _subscripted(module, node)
    kind = _TYPES.get(module.origin(node))
    if kind:
        return Type(kind)
    if isinstance(node, ast.Name):
        return _named(module, node)
    raise Refusal(node, _foreign(ast.unparse(node)))


def fields_of(module: Module, node: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """The fields of a NamedTuple that an annotation names; None if it names something else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = _parsed(node)
    found = module.class_of(node.id) if isinstance(node, ast.Name) else None
    if found is None or "typing.NamedTuple" not in map(module.origin, found.bases):
        return None
    rows = (one for one in found.body if isinstance(one, ast.AnnAssign))
    return list({one.target.id: one.annotation for one in rows if isinstance(one.target, ast.Name)}.items())


def fits(wanted: Type, found: Type) -> bool:
    """Whether a value of the found type may go where the wanted one is declared."""
    if found.kind == "null":
        return wanted.optional
    if found.optional and not wanted.optional:
        return False
    if "Any" in (wanted.kind, found.kind):
        return True
    if wanted.kind == LIST == found.kind:
        inner = (wanted.item or ANY, found.item or ANY)
        return (inner[0].kind == ARTIFACT) == (inner[1].kind == ARTIFACT) and fits(*inner)
    return wanted.kind == found.kind or (wanted.kind, found.kind) == ("Number", "Integer")


def type_of_value(value: Json) -> Type:
    """The type of a value that is written out."""
    kind = type_name(value)
    if kind == "null":
        return NONE
    items = {type_of_value(one) for one in value} if isinstance(value, list) else set()
    return Type(kind, item=items.pop() if len(items) == 1 else None)


def _subscripted(module: Module, node: ast.Subscript) -> Type:
    origin = module.origin(node.value)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if origin == "typing.Optional":
        return replace(type_of(module, inner[0], node), optional=True)
    if origin == "typing.Union":
        return _either(module, inner, node)
    if origin == "typing.Literal":
        return _enum(node, list(_constants(module, inner)))
    if origin == "typing.Annotated":
        found = type_of(module, inner[0], node)
        names = [one.value for one in inner[1:] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return replace(found, name=names[0] if names else found.name)
    kind = _TYPES.get(origin)
    if kind == LIST:
        return Type(LIST, item=type_of(module, inner[0], node))
    if kind == "Object":
        return Type(kind, values=_values(module, inner[1]) if len(inner) > 1 else None)
    raise Refusal(node, _foreign(ast.unparse(node)))


def _values(module: Module, node: ast.expr) -> Type | None:
    """The type of what is in an object; None for one that is no type here, such as Any."""
    try:
        return type_of(module, node, node)
    except Refusal:
        return None


def _constants(module: Module, nodes: list[ast.expr]) -> Iterator[Json]:
    for one in nodes:
        if not isinstance(one, ast.Constant):
            raise Refusal(one, "an item of Literal is written out: text, a number, True, False or None")
        yield one.value


def _enum(node: ast.AST, values: list[Json]) -> Type:
    given = [one for one in values if one is not None]
    kinds = {type_name(one) for one in given}
    if len(kinds) != 1:
        raise Refusal(node, "the items of a Literal are all of one type: make them so")
    return Type(kinds.pop(), optional=len(given) < len(values), enum=tuple(given))


def _either(module: Module, parts: list[ast.expr], node: ast.AST) -> Type:
    found = [type_of(module, one, node) for one in parts]
    given = [one for one in found if one.kind != "null"]
    if len(given) != 1:
        raise Refusal(node, "is one type or another; write one type, or X | None")
    return replace(given[0], optional=given[0].optional or len(given) < len(found))


def _named(module: Module, node: ast.Name) -> Type:
    alias = module.value_of(node.id)
    if alias is not None:
        return type_of(module, alias, node)
    found = module.class_of(node.id)
    bases = [module.origin(one) for one in found.bases] if found else []
    if "typing.TypedDict" in bases:
        return Type("Object")
    if "typing.NamedTuple" in bases:
        raise Refusal(node, f"{node.id} is a NamedTuple, which a step returns; take its fields one by one")
    if found is None and node.id not in module.bindings and not module.origin(node):
        hint = "; write `from pathlib import Path`" if node.id == "Path" else ""
        raise Refusal(node, f"{node.id} is not defined{hint}")
    raise Refusal(node, _foreign(node.id))


def _foreign(name: str) -> str:
    return f"{name} is neither JSON nor a file: use {KNOWN}, and write anything else to a file and pass its Path"


def _parsed(node: ast.Constant) -> ast.expr:
    try:
        found = ast.parse(str(node.value), mode="eval").body
    except SyntaxError:
        raise Refusal(node, f"{node.value!r} is no type; use {KNOWN}") from None
    return ast.copy_location(found, node)
