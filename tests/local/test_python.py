"""A pipeline in Python from the first run on, as docs/python.md tells it, typed in an empty folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cli.verbs import run as module

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FIRST, TESTS = BLOCKS[0], BLOCKS[-1]
BROKEN = FIRST.replace("min(errors)", "max(eror)")
ROW = next(number for number, line in enumerate(FIRST.split("\n"), 1) if "min(errors)" in line)

Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command in an empty folder with the page's first file in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_log_to", lambda path: None)  # the log of the whole process
    Path("prices.py").write_text(FIRST)
    runner, app = CliRunner(), build()
    return lambda *words: runner.invoke(app, list(words), prog_name="penstock")


def run(typed: Typed, what: str = "prices.py") -> Any:
    return typed("run", what, "--with", "process")


def test_the_first_pipeline_is_run_edited_broken_and_mended(typed: Typed) -> None:
    first = run(typed)
    assert first.exit_code == 0, first.output
    assert 'result: {"slope": 3.0}' in PAGE
    assert first.stdout.splitlines()[-1] == 'result: {"slope": 3.0}'
    nothing = typed("diff", "-f", "prices.py", "--local")
    assert nothing.exit_code == 0
    assert nothing.stdout.splitlines()[0] == "pipeline.penstock.dev/prices: 6 to reuse"

    Path("prices.py").write_text(BROKEN)
    edited = typed("diff", "-f", "prices.py", "--local")
    assert edited.exit_code == 1
    assert edited.stdout in PAGE
    failed = run(typed)
    assert failed.exit_code == 1
    told = [line.split()[1:3] for line in failed.stdout.splitlines() if line.split()[1:2] == ["prices"]]
    assert told[-1] == ["prices", "Failed"]
    assert ["prices", "Succeeded"] not in told, "that is how the run before it ended"
    logs = typed("logs", "prices", "choose", "--local").stdout.splitlines()
    told = [line for line in logs if "prices.py" in line or "Error" in line]
    assert len(told) == 2
    assert "\n".join(told) in PAGE

    Path("prices.py").write_text(FIRST)
    assert run(typed).exit_code == 0
    rows = [line.split()[:2] for line in typed("history", "prices", "--local").stdout.splitlines()[1:]]
    assert rows == [["3", "Succeeded"], ["2", "Failed"], ["1", "Succeeded"]]


def test_why_tells_a_traceback_at_the_lines_of_the_file(typed: Typed) -> None:
    """Of the step and of the Pipeline, which repeats it; also after a run by name, which has no file to look at."""
    Path("prices.py").write_text(BROKEN)
    assert run(typed).exit_code == 1
    for again in (False, True):
        if again:
            Path("prices.py").unlink()
            assert f"prices.py:{ROW}, in choose" in run(typed, "prices").output
        words = typed("why", "prices", "--local").stdout
        assert words.count(f"  prices.py:{ROW}, in choose\n") == 2, words
        assert "in choose" not in words.replace(f"prices.py:{ROW}, in choose", "")
        data = json.loads(typed("why", "prices", "--local", "-o", "json").stdout)
        told = [f"prices.py:{ROW}, in choose" in one["message"] for one in data if one["phase"] == "Failed"]
        assert told == [True, True]


def test_what_is_returned_and_not_declared_is_the_same_sentence_everywhere(typed: Typed) -> None:
    """In the log, in what the Step says, and in `why`; docs/python.md shows it."""
    Path("prices.py").write_text(FIRST.replace("return model.read_text()", "return json.loads(model.read_text())"))
    assert run(typed).exit_code == 1
    said = typed("logs", "prices", "show", "--local").stdout.strip()
    row = next(number for number, line in enumerate(FIRST.split("\n"), 1) if line.startswith("def show("))
    assert said.startswith(f"what 'show' returns (prices.py:{row}) is declared as str and was {{'slope': 3.0}}")
    assert said in PAGE
    for what in ("why", "get"):
        assert said in " ".join(typed(what, "prices", "--local").stdout.split())
    (told,) = json.loads(typed("why", "prices/show", "--local", "-o", "json").stdout)
    assert told["message"] == f"exit code 1: {said}"


MODULES = """\
from penstock import pipeline, step
from shapes.square import area


@step(image="python:3.12-slim")
def work(side: int) -> int:
    return area(side)


@pipeline
def p(side: int = 3) -> int:
    return work(side)
"""


def test_modules_beside_the_file_are_taken_along(typed: Typed) -> None:
    """Also by its name and after an edit was taken back, when the files are other ones or gone."""
    project = Path("project")
    (project / "shapes").mkdir(parents=True)
    (project / "shapes/__init__.py").write_text("")
    square = project / "shapes/square.py"
    square.write_text("def area(side):\n    return side * side\n")
    (project / "p.py").write_text(MODULES)
    assert "result: 9\n" in run(typed, "project/p.py").stdout
    square.write_text("def area(side):\n    return 1 // (side - 3)\n")
    assert "1 to run" in typed("diff", "-f", "project/p.py", "--local").stdout
    failed = run(typed, "project/p.py")
    assert failed.exit_code == 1
    assert " shapes/square.py:2, in area" in failed.stdout
    square.unlink()
    assert " shapes/square.py:2, in area" in run(typed, "p").stdout
    assert typed("rollback", "p", "--local").exit_code == 0
    assert "result: 9\n" in typed("run", "p", "--with", "process").stdout


def test_a_refusal_is_the_one_that_the_page_shows(typed: Typed) -> None:
    Path("prices.py").write_text(FIRST.replace("data = prepare(rows)", "data = prepare(rows) + 1"))
    words = typed("lint", "prices.py").stdout.splitlines()[0]
    assert words.startswith("prices.py:")
    assert f"{words}\n" in PAGE


def test_the_tests_of_the_page_pass(typed: Typed) -> None:
    Path("test_prices.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_prices.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "2 passed" in done.stdout, done.stdout
