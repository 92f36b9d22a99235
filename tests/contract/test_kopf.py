"""kopf is used as its documentation says: by its public names, and as a watcher that writes nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import kopf
import pytest

OPERATOR = Path(__file__).resolve().parents[2] / "operator"
MODULES = sorted(OPERATOR.rglob("*.py"))


def names(tree: ast.AST) -> Iterator[str]:
    """Every name of kopf's that is imported or reached, with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] == "kopf")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "kopf":
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith("kopf."):
            yield ast.unparse(node)


def private(source: str) -> list[str]:
    """Those that are not public."""
    return [name for name in names(ast.parse(source)) if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize(
    "source",
    [
        "from kopf._cogs.clients import watching",
        "import kopf._core.reactor as r",
        "import kopf\nkopf._cogs.clients.api.get = None",
    ],
)
def test_private_names_are_found(source: str) -> None:
    assert private(source)


def test_no_private_name_of_kopf_is_used() -> None:
    found = {str(path.relative_to(OPERATOR)): private(path.read_text()) for path in MODULES}
    assert {path: used for path, used in found.items() if used} == {}


def test_what_is_used_of_kopf_is_there() -> None:
    used = {name for path in MODULES for name in names(ast.parse(path.read_text())) if name != "kopf"}
    assert {"kopf.operator", "kopf.on.startup", "kopf.on.cleanup", "kopf.on.login", "kopf.on.probe"} <= used
    assert {name for name in used if name.startswith("kopf.on.")} <= {
        *("kopf.on.startup", "kopf.on.cleanup", "kopf.on.login", "kopf.on.probe", "kopf.on.event")
    }, "other handlers keep finalizers, annotations or progress on the objects"
    for name in used:
        found: object = kopf
        for part in name.split(".")[1:]:
            found = getattr(found, part)
