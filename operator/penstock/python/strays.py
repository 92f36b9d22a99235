"""Statements of a module that no step would run: a text that is read, not imported, must not hide that."""

import ast

from penstock.python.module import Module
from penstock.python.refusals import Problems, Refusal

_BINDING = (
    ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.ClassDef | ast.FunctionDef
    | ast.AsyncFunctionDef | ast.Pass
)  # fmt: skip


def check_strays(module: Module, problems: Problems) -> None:
    """Notes each statement at the top that binds nothing, so that no step would take it along."""
    for unit in module.units:
        for statement in unit.statements:
            with problems.noted():
                _check(statement, bool(unit.binds))


def _check(statement: ast.stmt, binds: bool) -> None:
    if isinstance(statement, ast.For | ast.While | ast.With | ast.AsyncFor | ast.AsyncWith):
        raise Refusal(
            statement, "runs when a module is imported, which steps never do; make it a function that a step calls"
        )
    if isinstance(statement, _BINDING) or type(statement).__name__ == "TypeAlias":
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    if isinstance(statement, ast.If) and _is_main(statement.test):
        return
    if isinstance(statement, ast.If | ast.Try) and binds:
        return
    raise Refusal(
        statement,
        "is run by no step, which takes along only what it uses by name; move it into the step that"
        ' needs it, or below `if __name__ == "__main__":`',
    )


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
