"""What re-runs a step that is written in Python, and what does not. The golden file holds the bytes of VERSION 2."""

import ast
from pathlib import Path

import pytest
from tests.unit.python.texts import graph

from penstock.api.manifests import dump, load
from penstock.core.graph.fingerprint import fingerprint
from penstock.python.compiler import compile_text
from penstock.python.harness import VERSION
from penstock.python.module import read_module
from penstock.python.refusals import Problems
from penstock.python.slicing import slice_of

GOLDEN = Path(__file__).parents[2] / "golden/python"
DIGITS = (GOLDEN / "digits.py").read_text()


def prints(text: str) -> dict[str, str]:
    """The fingerprints of all steps."""
    found = compile_text(text, "digits.py")
    assert found.problems == []
    made = graph([one.data for one in found.manifests])
    return {name: fingerprint(made, task) for name, task in made.tasks.items()}


def test_the_worked_example_is_what_it_was() -> None:
    """Other bytes make all steps that are written in Python run again: that takes a VERSION and a changelog entry."""
    assert VERSION == 2
    made = dump(one.data for one in compile_text(DIGITS, "digits.py").manifests)
    assert made == (GOLDEN / "digits.yaml").read_text()
    assert list(load(made)) == [one.data for one in compile_text(DIGITS, "digits.py").manifests]


BEFORE = prints(DIGITS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import json\n", "import json, os\nimport sys\n"),
        ("from typing import NamedTuple", "from typing import Any, Literal, NamedTuple  # more"),
        ('    data = Path("data.json")\n', '    """Docs."""\n\n    # why\n    data = Path("data.json")  # how\n'),
        ("class Scored(NamedTuple):\n", 'class Scored(NamedTuple):\n    """What comes out."""\n\n'),
        ("PYTHON = Settings", "UNUSED = 3\n\n\ndef unused() -> int:\n    return UNUSED\n\n\nPYTHON = Settings"),
        ('memory="256Mi"', 'memory="512Mi"'),
        ('retry={"limit": 2}', 'retry={"limit": 3}, timeout="1h"'),
        ("def digits(", "def digits(  # the whole\n    "),
        ("    data = prepare(rows)\n", "    samples = prepare(rows)\n    data = samples\n"),
        ("if best.accuracy >= goal:", "if best.accuracy >= 0.5:"),
        ("def candidate(", "def contender("),
    ],
)
def test_what_changes_no_result_runs_nothing_again(old: str, new: str) -> None:
    assert old in DIGITS
    changed = DIGITS.replace(old, new).replace("[candidate(", "[contender(" if "contender" in new else "[candidate(")
    if "contender" in new:
        assert set(prints(changed).values()) == set(BEFORE.values())
    elif "goal" not in old:
        assert prints(changed) == BEFORE


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("range(rows)", "range(rows + 1)", "prepare"),
        ("1 - 1 /", "1 - 2 /", "candidate.score"),
        ("rows: int = 1000", "rows: int = 2000", "prepare"),
        ('image="python:3.12-slim"', 'image="python:3.13-slim"', "prepare"),
        ("    accuracy: float\n", "    accuracy: float\n    note: str = ''\n", "candidate.score"),
    ],
)
def test_what_changes_a_result_runs_its_step_and_what_follows(old: str, new: str, first: str) -> None:
    assert old in DIGITS
    after = prints(DIGITS.replace(old, new))
    order = list(BEFORE)
    changed = [name for name in order if after[name] != BEFORE[name]]
    assert changed[0] == first
    assert "deploy" in changed


HELPERS = """
from penstock import Settings, pipeline, step
P = Settings(image="python")
LIMIT = 3

def helper(n: int) -> int:
    return inner(n)

def inner(n: int) -> int:
    return n + LIMIT

@step(P)
def one() -> int:
    return helper(1)

@step(P)
def two() -> int:
    return 2

@pipeline
def p() -> None:
    one()
    two()
"""


EDITS = [("LIMIT = 3", "LIMIT = 4"), ("n + LIMIT", "n - LIMIT"), ("inner(n)\n", "-inner(n)\n")]


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_the_edit_of_a_helper_runs_its_users_only(old: str, new: str) -> None:
    before, after = prints(HELPERS), prints(HELPERS.replace(old, new, 1))
    assert after["one"] != before["one"]
    assert after["two"] == before["two"]


@pytest.mark.parametrize(
    ("annotation", "taken"),
    [
        ('Literal["step", "helper"]', False),
        ('typing.Literal["step", "helper"] | None', False),
        ('Annotated[str, "helper"]', False),
        ('Annotated["Kind", "helper"]', True),
        ('"Kind"', True),
        ('"Kind | None"', True),
    ],
)
def test_a_text_that_is_no_type_names_nothing(annotation: str, taken: bool) -> None:
    """The values of a Literal and the words of Annotated may be called like what the module has."""
    text = HELPERS.replace("def two()", f"def two(kind: {annotation})").replace("two()\n", 'two("helper")\n')
    text = f"import typing\nfrom typing import Annotated, Literal\n{text}".replace("LIMIT = 3", "LIMIT = 3\nKind = str")
    module = read_module(text, Problems())
    assert module is not None
    (two,) = [one for one in module.tree.body if isinstance(one, ast.FunctionDef) and one.name == "two"]
    lines = "\n".join(slice_of(module, two).lines)
    assert ("Kind = str" in lines) is taken
    assert "def helper" not in lines
