"""Reasons: each that is documented is given somewhere, and none is given that is not documented."""

import ast

from tests.cluster.paths import CHECKOUT

from penstock.core.reasons import Reason

SOURCES = CHECKOUT / "operator" / "penstock"
TABLES = ("core/reasons.py", "core/states.py")
"""What defines and what specifies reasons, but gives none."""


def parsed() -> dict[str, ast.Module]:
    found = {str(path.relative_to(SOURCES)): path for path in sorted(SOURCES.rglob("*.py"))}
    return {name: ast.parse(path.read_text()) for name, path in found.items() if name not in TABLES}


def test_every_reason_is_given_somewhere() -> None:
    given = {
        node.attr
        for tree in parsed().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }
    assert [name for name in Reason.__members__ if name not in given] == []


def test_no_event_gives_a_reason_that_is_only_a_word() -> None:
    words = [
        f"{name}:{node.lineno}"
        for name, tree in parsed().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Event", "_event")
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
    ]
    assert words == []
