"""What docs/coming-from.md shows of ours is a Pipeline, and runs; what it points to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.api.manifests import load
from penstock.cli.files.reading import read
from penstock.cluster.linting import lint
from penstock.testing import run

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "coming-from.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```(python|yaml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(params=SNIPPETS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(SNIPPETS)])
def snippet(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind, text = request.param
    file = tmp_path / f"snippet.{'py' if kind == 'python' else kind}"
    file.write_text(text)
    return file


def test_nothing_is_complained_of(snippet: Path) -> None:
    report = lint(read([str(snippet)]))
    assert report.checked == 1
    assert [str(one) for one in report.findings] == []


def test_it_runs(snippet: Path) -> None:
    source: object = snippet
    if "kind: PipelineSchedule" in snippet.read_text():
        (schedule,) = load(snippet.read_text())
        spec = schedule["spec"]["pipelineTemplate"]["spec"]
        source = {**schedule, "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}
    result = run(source, replace={"*": None}, approve=["sign-off"] if "sign-off" in snippet.read_text() else [])  # type: ignore[arg-type]
    assert result.phase == "Succeeded", result


def test_each_tool_has_a_table_a_snippet_and_what_is_not_here() -> None:
    _, *sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    assert len(sections) == len(SNIPPETS) == 5
    for section in sections:
        assert "| here |\n| --- | --- |" in section
        assert section.count("\nNot here:\n") == 1


def test_what_it_points_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", PAGE)
    assert links
    for file, anchor in links:
        text = (DOCS / file).read_text(encoding="utf-8") if file else PAGE
        titles = [re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in text.splitlines()]
        assert not anchor or anchor in titles, f"{file}#{anchor}"
