"""The top level and the rooms are what docs/architecture.md says, and files stay small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOP = {
    *("pyproject.toml", "operator", "crds", "charts", "components", "tests", "Dockerfile", "README.md"),
    *("Makefile", ".ci", ".github", "docs", "examples", "requirements.txt", "requirements-dev.txt"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", ".gitignore", ".dockerignore"),
}
MOST_LINES = 400
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
HERE_ONLY = ("/work" + "/", "/root" + "/")
"""Paths of one machine."""


def tracked() -> list[Path]:
    """The files that git tracks and that are there, relative to the checkout."""
    shown = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in shown.split("\0") if name and (CHECKOUT / name).is_file()]


FILES = tracked()
MODULES = [path for path in FILES if path.suffix == ".py"]
OURS = [path for path in MODULES if path.parts[0] == "operator"]


def test_nothing_else_at_the_top() -> None:
    assert {path.parts[0] for path in FILES} == TOP


def test_operator_is_a_source_root_and_no_package() -> None:
    assert {path.parts[1] for path in OURS} == {"penstock"}


def test_no_module_hides_one_of_the_standard_library() -> None:
    imported_by_name = [path for path in OURS if len(path.parts) <= 3] + list((CHECKOUT / "components").glob("*/src/*"))
    assert {path.stem for path in imported_by_name} & sys.stdlib_module_names == set()


def test_names_say_what_is_inside() -> None:
    assert [str(path) for path in MODULES if set(path.with_suffix("").parts) & VAGUE] == []


@pytest.mark.parametrize("room", ["operator", "tests/cluster", "tests/e2e", "tests/faults", "components"])
def test_files_are_small(room: str) -> None:
    files = [path for path in MODULES if path.is_relative_to(room)]
    long = {str(path): (CHECKOUT / path).read_text().count("\n") for path in files}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_no_path_of_one_machine() -> None:
    texts = {path: (CHECKOUT / path).read_bytes() for path in FILES}
    assert [str(path) for path, text in texts.items() if any(word.encode() in text for word in HERE_ONLY)] == []


def test_every_component_has_its_parts() -> None:
    folders = {path.parts[1] for path in FILES if path.parts[0] == "components" and path.name == "component.yaml"}
    assert folders
    for name in folders:
        module = name.replace("-", "_")
        parts = {path.relative_to(f"components/{name}") for path in FILES if path.is_relative_to(f"components/{name}")}
        wanted = {Path("README.md")}
        if f"[python3, -m, {module}]" in (CHECKOUT / f"components/{name}/component.yaml").read_text(encoding="utf-8"):
            wanted |= {Path(f"src/{module}.py"), Path(f"tests/test_{module}.py")}  # else it has no program of its own
        assert wanted <= parts, name
