"""What of a text identifies it, and that every Python from 3.11 on finds the same."""

import ast
import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from penstock.python.module import read_module
from penstock.python.refusals import Problems
from penstock.python.slicing import slice_of
from penstock.python.text import cleaned

ROOT = Path(__file__).parents[3]


def clean(text: str) -> str:
    return "\n".join(line for line in cleaned(text, ast.parse(text)) if line is not None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # one\n\n\n# two\ny = 2   \n", "x = 1\ny = 2"),
        ('def f():\n    """Doc."""\n    return 1\n', "def f():\n    return 1"),
        ('def f():\n    """Doc\n\n    and more.\n    """\n', "def f():\n    pass"),
        ('def f(): """Doc."""\n', "def f(): pass"),
        ('def f():\n    "Doc."; return 1\n', "def f():\n    pass; return 1"),
        ('class A:\n    x: int = 1\n    """What x is."""\n', "class A:\n    x: int = 1"),
        ('x = """\n# kept  \n\n"""  # gone\n', 'x = """\n# kept  \n\n"""'),
        ('x = f"""\n{1}  \n\n# kept\n"""\n', 'x = f"""\n{1}  \n\n# kept\n"""'),
        ('x = "#"  # gone\n', 'x = "#"'),
        ("x = 1 \\\n\ny = 2\n", "x = 1 \\\n\ny = 2"),
        ("x = [\n    1,\n    # gone\n\n    2,\n]\n", "x = [\n    1,\n    2,\n]"),
        ('é = "é"  # é\n', 'é = "é"'),
        ('def f():\n    "é"; "é"; x = "é"\n', 'def f():\n    pass; pass; x = "é"'),
        ('if 1:\n    "a"\n    "b"\nelse:\n    "c"\n', "if 1:\n    pass\nelse:\n    pass"),
        ('("Doc"\n " in two")\nx = 1\n', "x = 1"),
        ("", ""),
    ],
)
def test_only_what_says_something_to_python_is_left(before: str, after: str) -> None:
    assert clean(before).rstrip("\n") == after
    ast.parse(clean(before))


def test_a_clean_text_is_as_it_is() -> None:
    for path in sorted((ROOT / "operator/penstock").rglob("*.py"))[::10]:
        once = clean(path.read_text())
        assert clean(once) == once, path


def test_a_clean_text_means_the_same() -> None:
    for path in sorted((ROOT / "operator/penstock/core").rglob("*.py"))[::5]:
        text = path.read_text()
        assert meaning(clean(text)) == meaning(text), path


def meaning(text: str) -> str:
    """The tree, without statements that are strings and what stands in for them."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not says_nothing(one)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def says_nothing(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass) or (constant and isinstance(node.value.value, str))  # type: ignore[attr-defined]


MODULE = dedent('''\
    from __future__ import annotations
    import os, json as j, sys
    from typing import (  # several
        NamedTuple, Literal,
        Any,
    )
    from penstock import step, Settings

    P = Settings(image="x")
    A = 1; B = A + 1
    TABLE = {"a": 1}
    TABLE["b"] = 2
    try:
        import numpy as np
    except ImportError:
        np = None

    class Out(NamedTuple):
        """What comes out."""

        x: int

    def unused(): return sys.argv

    def helper(n):
        # one
        return [n * B for n in range(n)]

    def other(): return f"{A!r} {'#'}"

    @step(P)
    @staticmethod
    def run(n: "Literal[1, 2]", *, text: str = """a

    b""") -> Out:
        """Runs."""
        helper = 1
        del helper
        return Out(j.loads(text) + TABLE["a"])

    @step
    def two(n: int) -> int:
        global A
        return sum(helper(n)) if np else run(n).x
    ''')
"""What versions of Python see differently: f-strings, annotations, comprehensions, strings over several lines."""


def lines_of(name: str) -> list[str]:
    noted = Problems()
    module = read_module(MODULE, noted)
    assert module is not None
    assert noted.found == []
    (function,) = (one for one in module.tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    return list(slice_of(module, function).lines)


def test_a_slice_is_what_the_function_uses() -> None:
    assert lines_of("run") == [
        "from __future__ import annotations",
        "import json as j",
        "from typing import Literal, NamedTuple",
        'TABLE = {"a": 1}',
        'TABLE["b"] = 2',
        "class Out(NamedTuple):",
        "    x: int",
        "@staticmethod",
        'def run(n: "Literal[1, 2]", *, text: str = """a',
        "",
        'b""") -> Out:',
        "    helper = 1",
        "    del helper",
        '    return Out(j.loads(text) + TABLE["a"])',
    ]
    two = lines_of("two")
    assert "A = 1; B = A + 1" in two
    assert "def helper(n):" in two
    assert "import numpy as np" in "".join(two)
    assert two[-3:] == ["def two(n: int) -> int:", "    global A", "    return sum(helper(n)) if np else run(n).x"]
    assert not any("unused" in line or "other" in line or "penstock" in line for line in two)


PROBE = """
import ast, json, sys
from penstock.python.module import read_module
from penstock.python.refusals import Problems, Refusal
from penstock.python.slicing import slice_of
for text in json.load(sys.stdin):
    module = read_module(text, Problems())
    for one in module.tree.body:
        if isinstance(one, ast.FunctionDef):
            try:
                found = "\\n".join(slice_of(module, one).lines)
            except Refusal as refusal:
                print(refusal.problem)
            else:
                print(found)
                ast.parse(found)
"""


def modules() -> list[str]:
    """What versions of Python see differently, and a part of the standard library."""
    home = Path(sysconfig.get_path("stdlib"))
    return [MODULE, *(path.read_text("utf-8") for path in sorted(home.glob("[a-d]*.py")))]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_finds_the_same_bytes(version: str) -> None:
    """`ast.unparse`, `ast.dump` and `symtable` do not: f-strings, type parameters, annotations changed since 3.11."""
    homes = [f"python{version}", *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
    command = ["-c", PROBE]
    mine = subprocess.run([sys.executable, *command], **_RUN)
    for python in homes:
        try:
            theirs = subprocess.run([python, *command], **_RUN)
        except (OSError, subprocess.CalledProcessError):
            continue
        assert theirs.stdout == mine.stdout
        assert mine.stdout.count("def ") > 200
        return
    pytest.skip(f"there is no Python {version} on this machine")


_RUN: dict[str, Any] = {
    "input": json.dumps(modules()),
    "text": True,
    "capture_output": True,
    "check": True,
    "env": {"PYTHONPATH": str(ROOT / "operator")},
}
