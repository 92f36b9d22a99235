"""What type checkers say of authors' files: nothing of what is right, and of what is wrong the line and why."""

import re
from pathlib import Path

import pytest
from tests.unit.python.checkers import OPERATOR, Checker, mypy, pyright

from penstock.api.parse import parse
from penstock.cli.files.project import PIPELINES, files
from penstock.python.compiler import compile_text

ROOT = OPERATOR.parent
TYPED = Path(__file__).parent / "typed"
MARK = re.compile(r"\bE: (\w+)$")


def written() -> dict[str, str]:
    """Files of authors: ours, those that we show to others, and those that we begin for them."""
    found = {one.name: one for one in (*TYPED.glob("*.py"), ROOT / "examples/digits.py")}
    texts = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    texts["worked.py"] = (ROOT / "tests/golden/python/digits.py").read_text(encoding="utf-8")
    texts["begun.py"] = files("fruit", "python")[PIPELINES["python"]]
    texts["shown.py"] = (ROOT / "docs/python.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    return texts


@pytest.mark.parametrize("checker", [mypy, pyright], ids=["mypy", "pyright"])
def test_a_checker_finds_each_misuse_at_its_line_and_nothing_else(checker: Checker, tmp_path: Path) -> None:
    texts = written()
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = ((name, row, line) for name, text in texts.items() for row, line in enumerate(text.splitlines(), 1))
    wanted = {(name, row): mark[1] for name, row, line in lines if (mark := MARK.search(line))}
    found = checker(tmp_path)
    assert set(found) == set(wanted), found
    assert {place: found[place] for place, word in wanted.items() if word not in found[place]} == {}


def test_what_authors_import_is_strict_itself(tmp_path: Path) -> None:
    found = pyright(tmp_path, [OPERATOR / "penstock/__init__.py", OPERATOR / "penstock/python/authoring.py"])
    assert found == {}


def test_what_checkers_take_is_read_too() -> None:
    found = compile_text((TYPED / "right.py").read_text(encoding="utf-8"), "right.py")
    assert found.problems == []
    models = [parse(one.data) for one in found.manifests]
    assert [one.kind for one in models] == ["Component", "Pipeline"]
