"""The part of a module that one function needs: itself, and the helpers, constants, classes and imports it uses.

It stands as it was written, but for imports at the top: of those only the names that are used are taken, sorted, so
that whoever imports one name more does not change every step that uses another of the same line.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.python.free import Function, bound_names
from penstock.python.module import OURS, PIPELINE, Module, Unit
from penstock.python.refusals import Refusal

_ELSEWHERE = {
    "__file__": "a script has no file; pass what it is to read as an argument",
    "__doc__": "docstrings are no part of what a step runs; use a constant",
}


@dataclass(frozen=True, slots=True)
class Slice:
    """Lines of a module, and the line, from 1, that each stood in."""

    lines: tuple[str, ...]
    origins: tuple[int, ...]


def slice_of(module: Module, function: Function) -> Slice:
    """The slice of a function at the top of the module, in the order of the module. Raises Refusal."""
    (start,) = (at for at, unit in enumerate(module.units) if function in unit.statements)
    wanted = {at for at, unit in enumerate(module.units) if _is_future(unit)} | {start}
    used: set[str] = set()
    waiting = [start]
    while waiting:
        unit = module.units[waiting.pop()]
        _check_attributes(unit)
        used |= unit.uses
        for name in sorted(unit.uses):
            found = set(module.bindings.get(name, ())) - wanted
            for at in sorted(found):
                _check(module, module.units[at], name, unit, function)
            wanted |= found
            waiting += found
    rows = [row for at in sorted(wanted) for row in _rows(module, module.units[at], used)]
    return Slice(tuple(text for text, _ in rows), tuple(row for _, row in rows))


def _rows(module: Module, unit: Unit, used: set[str]) -> Iterator[tuple[str, int]]:
    """The lines of a unit, each with the line that it is from."""
    if _is_future(unit) or not all(isinstance(one, ast.Import | ast.ImportFrom) for one in unit.statements):
        yield from ((module.lines[row - 1] or "", row) for row in unit.lines)
        return
    for one in unit.statements:
        assert isinstance(one, ast.Import | ast.ImportFrom)
        names = sorted(_alias(alias) for alias in one.names if bound_names(ast.Import(names=[alias])) & used)
        if names:
            home = f"from {'.' * one.level}{one.module or ''} " if isinstance(one, ast.ImportFrom) else ""
            yield f"{home}import {', '.join(names)}", one.lineno


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _is_future(unit: Unit) -> bool:
    return any(isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in unit.statements)


def _check(module: Module, unit: Unit, name: str, user: Unit, function: Function) -> None:
    """Refuses what can be in no script."""
    place = next(_uses(module, user, name), function)
    origin = module.imports.get(name, "")
    if origin == OURS or origin.startswith(f"{OURS}."):
        message = f"{name} is of penstock, which is not in the image; a step uses its own code, and values as arguments"
        raise Refusal(place, message)
    if origin.startswith("."):
        raise Refusal(place, f"{name} is imported relatively, but a script is in no package; import it by its name")
    for statement in unit.statements:
        if isinstance(statement, Function) and PIPELINE in (mark for _, mark in module.marks(statement)):
            raise Refusal(place, f"{name} is a pipeline, and only pipelines call those; move the call into a pipeline")
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            origin = module.origin(getattr(statement.value, "func", None))
            if origin.startswith(f"{OURS}."):
                raise Refusal(place, f"{name} is made with {origin}, which is not in the image; use a plain constant")


def _check_attributes(unit: Unit) -> None:
    for top in unit.statements:
        for one in ast.walk(top):
            name = one.id if isinstance(one, ast.Name) else one.attr if isinstance(one, ast.Attribute) else ""
            if name in _ELSEWHERE:
                raise Refusal(one, f"{name}: {_ELSEWHERE[name]}")


def _uses(module: Module, unit: Unit, name: str) -> Iterator[ast.AST]:
    """Where the statements name something, but in our own decorators."""
    for top in unit.statements:
        marks = module.marks(top) if isinstance(top, Function) else []
        ours = {id(one) for mark, _ in marks for one in ast.walk(mark)}
        yield from (
            one for one in ast.walk(top) if isinstance(one, ast.Name) and one.id == name and id(one) not in ours
        )
