"""Every manifest that the project shows is one that the API takes, and has nothing in it that does nothing."""

import json
import re
from pathlib import Path

import pytest
from tests.contract.blocks import blocks

from penstock.api.base import API_VERSION
from penstock.api.manifests import load
from penstock.api.parse import parse

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/e2e/cases", "examples", "components")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.yaml"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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


def shown() -> dict[str, dict[str, object]]:
    """The Pipelines of the examples and of the pages, by where they are."""
    found = {}
    for path in [*sorted((ROOT / "examples").glob("*.yaml")), *PAGES]:
        for number, block in enumerate(blocks(path)):
            for document in load(block):
                if isinstance(document, dict) and document.get("kind") == "Pipeline":
                    found[f"{path.relative_to(ROOT)}-{number}"] = document
    return found


SHOWN = shown()


@pytest.mark.parametrize("place", SHOWN)
def test_every_parameter_that_is_declared_is_used(place: str) -> None:
    pipeline = SHOWN[place]
    parse(pipeline)
    spec = pipeline["spec"]
    assert isinstance(spec, dict)
    declared = {one["name"] for one in spec.get("params", [])}
    steps = json.dumps({name: value for name, value in spec.items() if name != "params"})
    assert declared <= set(re.findall(r"""(?:"param": "|params\.|params\[')([A-Za-z_][\w-]*)""", steps))


def test_the_page_that_everybody_reads_first_shows_a_pipeline() -> None:
    assert any(place.startswith("README.md") for place in SHOWN)
