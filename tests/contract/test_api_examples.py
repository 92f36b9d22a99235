"""Every manifest that the project shows is one that the API takes."""

from pathlib import Path

import pytest

from penstock.api.base import API_VERSION
from penstock.api.manifests import load
from penstock.api.parse import parse

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/e2e/cases", "examples", "components")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.yaml"))


def manifests(path: Path) -> list[dict[str, object]]:
    """The objects of our API in a file."""
    documents = list(load(path.read_text(encoding="utf-8")))
    return [
        document for document in documents if isinstance(document, dict) and document.get("apiVersion") == API_VERSION
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_parses_and_comes_back_unchanged(path: Path) -> None:
    for manifest in manifests(path):
        assert parse(manifest).to_json() == manifest


def test_every_acceptance_case_is_there() -> None:
    cases = [path for path in FILES if path.parent.name == "cases" and path.name != "expected.yaml"]
    numbers = {int(path.name[:2]) for path in cases}
    assert numbers == set(range(1, 16))
    assert all(manifests(path) for path in cases)
