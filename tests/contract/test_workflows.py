"""The workflows use actions by commit, and ask for no rights at their top."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from penstock.cli.files.project import TEMPLATES

WORKFLOWS = sorted((Path(__file__).parents[2] / ".github/workflows").glob("*.yaml"))
BEGUN = sorted(TEMPLATES.glob("*/.github/workflows/*"))
"""Those of `penstock init`."""


@pytest.mark.parametrize("path", [*WORKFLOWS, *BEGUN], ids=lambda path: path.stem)
def test_actions_are_pinned_and_rights_are_named(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["defaults"] == {"run": {"shell": "bash"}}, "the default goes on when a part of a pipe fails"


def test_new_projects_use_the_actions_that_we_use() -> None:
    def used(paths: list[Path]) -> set[str]:
        return {
            line for path in paths for line in re.findall(r"uses: (\S+@\S+ # \S+)", path.read_text(encoding="utf-8"))
        }

    assert set() < used(BEGUN) < used(WORKFLOWS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_that_is_cached_is_named_by_way_of_its_parent(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", [])]
    cached = [step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/cache@")]
    assert [one for one in cached if ".." in Path(one).parts] == [], "actions/cache refuses such paths"


def test_nothing_is_released_that_was_not_tested() -> None:
    jobs = yaml.safe_load((WORKFLOWS[0].parent / "release.yaml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["test"] == {"uses": "./.github/workflows/ci.yaml"}

    def before(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        names = {needs} if isinstance(needs, str) else set(needs)
        return names.union(*map(before, names))

    assert all({"test", "version"} <= before(name) for name in set(jobs) - {"test", "version"})


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {"ci", "release"}
