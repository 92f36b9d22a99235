"""The names that a piece of Python takes from its module: those it reads and does not bind itself.

Found in the tree, not with `symtable`, which sees annotations differently in different versions of Python. Where one
name is bound and read in one scope before that, the module's is not meant, as in Python; class bodies hide nothing.
"""

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = Function | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def free_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that the nodes read from around them. Text in annotations counts as what it says."""
    found: set[str] = set()
    for node in nodes:
        found |= _free(node)
    return found


def bound_names(node: ast.AST) -> set[str]:
    """Names that a statement binds in the scope that it stands in."""
    return set(_bound(node))


def _free(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, Function):
        outside = [*node.decorator_list, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]
        annotations = [one.annotation for one in _arguments(node.args) if one.annotation]
        annotations += [node.returns] if node.returns else []
        return free_names(outside) | _annotated(annotations) | _inside(node, node.body)
    if isinstance(node, ast.Lambda):
        outside = [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]
        return free_names(outside) | _inside(node, [node.body])
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        own = {name for one in node.generators for name in _bound(one.target)}
        return _free(node.generators[0].iter) | (free_names(ast.iter_child_nodes(node)) - own)
    if isinstance(node, ast.AnnAssign):
        rest = [node.target, *([node.value] if node.value else [])]
        return _annotated([node.annotation]) | free_names(rest)
    return free_names(ast.iter_child_nodes(node))


def _annotated(annotations: Iterable[ast.AST]) -> set[str]:
    found: set[str] = set()
    for annotation in annotations:
        found |= _free(annotation)
        for text in _types_as_text(annotation):
            try:
                found |= _free(ast.parse(text, mode="eval"))
            except SyntaxError:
                continue  # no type, whatever it is
    return found


def _types_as_text(annotation: ast.AST) -> Iterator[str]:
    """The texts in an annotation that name types: not the values of a Literal, nor what Annotated says of its type."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield annotation.value
    if isinstance(annotation, ast.Subscript):
        named = annotation.value
        name = named.id if isinstance(named, ast.Name) else named.attr if isinstance(named, ast.Attribute) else ""
        if name == "Literal":
            return
        if name == "Annotated" and isinstance(annotation.slice, ast.Tuple):
            yield from _types_as_text(annotation.slice.elts[0])
            return
    for child in ast.iter_child_nodes(annotation):
        yield from _types_as_text(child)


def _inside(scope: Function | ast.Lambda, body: Iterable[ast.AST]) -> set[str]:
    body = list(body)
    given = {one.arg for one in _arguments(scope.args)}
    theirs = {name for one in body for node in own_nodes(one) if isinstance(node, ast.Global) for name in node.names}
    mine = given | {name for one in body for name in _bound(one)}
    return (free_names(body) - (mine - theirs)) | theirs


def _arguments(args: ast.arguments) -> list[ast.arg]:
    stars = [one for one in (args.vararg, args.kwarg) if one]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, without the scopes inside it."""
    yield node
    if isinstance(node, Scope | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(node):
        yield from own_nodes(child)


def _bound(node: ast.AST) -> Iterator[str]:
    for one in own_nodes(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store | ast.Del):
            yield one.id
        elif isinstance(one, Function | ast.ClassDef):
            yield one.name
        elif isinstance(one, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in one.names)
        elif isinstance(one, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and one.name:
            yield one.name
        elif isinstance(one, ast.MatchMapping) and one.rest:
            yield one.rest
