"""A module as it is read: its statements, what each binds and uses, and what its names stand for."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.python.free import Function, bound_names, free_names, own_nodes
from penstock.python.refusals import Problem, Problems, Refusal
from penstock.python.text import cleaned

OURS = "penstock"
STEP, PIPELINE, SETTINGS = f"{OURS}.step", f"{OURS}.pipeline", f"{OURS}.Settings"
UNDO = f"{STEP}.undo"
ENDED = f"{OURS}.ended"
_MARKS = (STEP, PIPELINE, UNDO)


@dataclass(frozen=True, slots=True)
class Unit:
    """Statements that share lines, as a rule one. `lines`: those that are kept of it, from 1."""

    statements: tuple[ast.stmt, ...]
    lines: tuple[int, ...]
    binds: frozenset[str]
    uses: frozenset[str]


@dataclass(slots=True)
class Module:
    """A module. `lines` are cleaned, None where nothing is left."""

    tree: ast.Module
    lines: list[str | None]
    units: list[Unit] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    """What an imported name stands for, such as `pathlib.Path`."""
    bindings: dict[str, list[int]] = field(default_factory=dict)
    """The units that bind a name."""

    def origin(self, node: ast.AST | None) -> str:
        """What a name, or a name with attributes, stands for: `pathlib.Path`; empty if it is not known."""
        if isinstance(node, ast.Attribute):
            before = self.origin(node.value)
            return f"{before}.{node.attr}" if before else ""
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self.imports:
            return self.imports[node.id]
        return f"builtins.{node.id}" if node.id not in self.bindings and hasattr(builtins, node.id) else ""

    def marks(self, function: Function) -> list[tuple[ast.expr, str]]:
        """The decorators of a function that are ours, with what each is."""
        return [(one, name) for one in function.decorator_list if (name := self.mark(one)) in _MARKS]

    def mark(self, decorator: ast.expr) -> str:
        """What a decorator, called or not, stands for; `@train.undo` is one of ours where train is a step."""
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(node, ast.Attribute) and node.attr == "undo" and isinstance(node.value, ast.Name):
            named = (one for one in self.tree.body if isinstance(one, Function) and one.name == node.value.id)
            if any(STEP in map(self.mark, one.decorator_list) for one in named):
                return UNDO
        return self.origin(node)

    def value_of(self, name: str) -> ast.expr | None:
        """What the only statement that binds a name assigns to it."""
        found = self.bindings.get(name, [])
        statements = [one for at in found for one in self.units[at].statements if name in _bound(one)]
        if len(statements) != 1:
            return None
        only = statements[0]
        if isinstance(only, ast.Assign) and all(isinstance(one, ast.Name) for one in only.targets):
            return only.value
        if isinstance(only, ast.AnnAssign) and isinstance(only.target, ast.Name):
            return only.value
        alias = getattr(ast, "TypeAlias", None)  # `type X = ...`, of Python 3.12
        if alias is not None and isinstance(only, alias):
            value: ast.expr = only.value
            return value
        return None

    def class_of(self, name: str) -> ast.ClassDef | None:
        """The class of that name."""
        return next((one for one in self.tree.body if isinstance(one, ast.ClassDef) and one.name == name), None)


def read_module(text: str, problems: Problems) -> Module | None:
    """Reads a text, whose lines end with \\n; None after a problem that leaves nothing to read."""
    try:
        tree = ast.parse(text)
        lines = cleaned(text, tree)
    except SyntaxError as error:
        problems.add(Problem(error.lineno or 1, f"is no Python: {error.msg}"))
        return None
    except (ValueError, RecursionError, MemoryError) as error:
        problems.add(Problem(1, f"cannot be read: {error or 'it is nested too deeply'}"))
        return None
    module = Module(tree, lines)
    for statement in tree.body:
        for node in own_nodes(statement):
            module.imports.update(_imported(node))
    for statement in tree.body:
        with problems.noted():
            _check_star(statement)
    for group in _groups(tree.body):
        unit = _unit(module, group)
        for name in unit.binds:
            module.bindings.setdefault(name, []).append(len(module.units))
        module.units.append(unit)
    return module


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield alias.asname or first, alias.name if alias.asname else first
    elif isinstance(node, ast.ImportFrom):
        home = "." * node.level + (node.module or "")
        yield from ((alias.asname or alias.name, f"{home}.{alias.name}") for alias in node.names)


def _check_star(statement: ast.stmt) -> None:
    for node in own_nodes(statement):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            raise Refusal(node, "`import *` does not say which names it brings; import them by name")


def _groups(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for statement in body:
        if group and statement.lineno > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _unit(module: Module, group: list[ast.stmt]) -> Unit:
    binds: set[str] = set()
    uses: set[str] = set()
    rows: set[int] = set()
    for statement in group:
        rows |= set(range(_first(module, statement), (statement.end_lineno or statement.lineno) + 1))
        binds |= _bound(statement)
        if isinstance(statement, Function) and (ours := module.marks(statement)):
            rows -= _rows_of(module, statement, [one for one, _ in ours])
            uses |= free_names([_without_marks(statement, [one for one, _ in ours])])
        else:
            uses |= free_names([statement])
    kept = tuple(row for row in sorted(rows) if module.lines[row - 1] is not None)
    return Unit(tuple(group), kept, frozenset(binds), frozenset(uses))


def _without_marks(function: Function, ours: list[ast.expr]) -> Function:
    """The function as if it had none of our decorators."""
    fields = dict(ast.iter_fields(function))
    fields["decorator_list"] = [one for one in function.decorator_list if one not in ours]
    return type(function)(**fields)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds, and those whose value it changes: `TABLE["a"] = 1`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    found = bound_names(statement)
    for target in targets:
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
            if isinstance(target, ast.Name):
                found.add(target.id)
    return found


def _first(module: Module, statement: ast.stmt) -> int:
    """The first line of a statement, decorators included."""
    decorators = getattr(statement, "decorator_list", None)
    return _at(module, decorators[0].lineno) if decorators else statement.lineno


def _at(module: Module, row: int) -> int:
    """The line with the @ of a decorator that begins in a row."""
    while row > 1 and not (module.lines[row - 1] or "").lstrip().startswith("@"):
        row -= 1
    return row


def _rows_of(module: Module, function: Function, decorators: list[ast.expr]) -> set[int]:
    starts = [*(_at(module, one.lineno) for one in function.decorator_list), function.lineno]
    spans = zip(function.decorator_list, starts, starts[1:], strict=False)
    return {row for one, first, after in spans if one in decorators for row in range(first, after)}
