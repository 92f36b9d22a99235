"""The acceptance cases of a cluster, and the Pipelines of the golden plans, without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.cluster.failure import Failure
from penstock.local.journal import read
from penstock.local.objects import Object
from penstock.testing import Fake, OutOfMemory, Result, run
from tests.e2e.expectations import BY_WORD, WATCHED
from tests.e2e.space import STEP

ROOT = Path(__file__).parents[1]
CASES = ROOT / "e2e/cases"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "expected.yaml").read_text())
PLAIN = [f"0{number}" for number in range(1, 10)]
"""Cases that are one Pipeline, which runs to its end."""
FAKES: dict[str, dict[str, Any]] = {
    "05-retry": {"hungry": Fake(fails=[OutOfMemory()])},
    "09-gpu": {"tune": Fake(seconds=6), "train": Fake(seconds=10)},
}
"""What only a cluster can show, and what would only sleep."""


class Space:
    """What a run has left in a folder, as the expectations of the cases ask a cluster for it."""

    def __init__(self, folder: Path) -> None:
        self.objects = read(folder / ".penstock/journal")

    def all(self, plural: str, pipeline: str, step: str | None = None) -> list[Object]:
        """Those of a Pipeline, or of one of its steps, in the order in which they were created."""
        found = [obj for (kind, _, _), obj in self.objects.items() if kind == plural]
        marks = [(obj, obj["metadata"].get("labels") or {}) for obj in found]
        own = [(obj, mark) for obj, mark in marks if mark.get("penstock.dev/pipeline") == pipeline]
        return [obj for obj, mark in own if step in (None, mark.get(STEP))]

    def one(self, title: str) -> Object:
        """An object, by `pipeline/NAME`."""
        kind, _, name = title.partition("/")
        return self.objects[f"{kind}s", "default", name]

    def steps(self, pipeline: str) -> dict[str, Object]:
        """The Steps of a Pipeline, by path."""
        return {one["metadata"]["name"].partition(".")[2]: one for one in self.all("steps", pipeline)}

    def step(self, pipeline: str, path: str) -> Object:
        """The status of a Step."""
        status: Object = self.steps(pipeline)[path]["status"]
        return status

    def jobs(self, undo: bool = False, **where: str) -> list[Object]:
        """Jobs of attempts, or of undos."""
        found = self.all("jobs", **where)
        return [one for one in found if ("penstock.dev/purpose" in one["metadata"]["annotations"]) is undo]


def check(folder: Path, expected: dict[str, Any], result: Result) -> None:
    """Everything that a case expects."""
    (pipeline,) = (name for kind, _, name in Space(folder).objects if kind == "pipelines")
    for word, wanted in expected.items():
        if word not in WATCHED:
            BY_WORD[word](Space(folder), pipeline, wanted)  # type: ignore[arg-type]
    for step, most in expected.get("maxRunning", {}).items():
        assert result.peak(steps=f"{step}.*") == most
    if "maxGpuInUse" in expected:
        assert result.peak("nvidia.com/gpu") == expected["maxGpuInUse"]


@pytest.mark.parametrize("case", sorted(name for name in EXPECTED if name[:2] in PLAIN))
def test_a_case_ends_as_on_a_cluster(case: str, tmp_path: Path) -> None:
    room = {"nvidia.com/gpu": "2"}
    result = run(CASES / f"{case}.yaml", replace=FAKES.get(case), capacity=room, folder=tmp_path)
    check(tmp_path, EXPECTED[case], result)


def test_edits_run_what_changed(tmp_path: Path) -> None:
    expected = EXPECTED["12-edit"]["after"]
    c = CASES / "12-edit-c.yaml"
    again = tmp_path / "again.yaml"
    again.write_text(c.read_text().replace("spec:", "spec:\n  description: c again", 1))
    versions = [CASES / "12-edit-a.yaml", CASES / "12-edit-b.yaml", c, again]
    for version, wanted in zip(versions, expected.values(), strict=True):
        result = run(version, folder=tmp_path)
        assert result.order == wanted["ran"], version
        check(tmp_path, {word: one for word, one in wanted.items() if word != "ran"}, result)


def test_an_approval_is_waited_for(tmp_path: Path) -> None:
    result = run(CASES / "13-approval.yaml", approve={"sign-off": 3600}, folder=tmp_path)
    check(tmp_path, {"phase": EXPECTED["13-approval"]["phase"], "steps": {"ship": "Succeeded"}}, result)
    assert result.steps["ship"].attempts[0].started >= 3599


def test_a_gang_may_be_played_but_not_run() -> None:
    assert run(CASES / "14-gang.yaml", replace={"*": None}).phase == EXPECTED["14-gang"]["phase"]
    with pytest.raises(ValueError, match="replace allreduce"):
        run(CASES / "14-gang.yaml")


def test_what_is_invalid_is_refused_with_all_its_problems() -> None:
    with pytest.raises(Failure) as refused:
        run(CASES / "11-invalid.yaml")
    assert (
        len([line for line in str(refused.value).splitlines() if ": spec." in line])
        == EXPECTED["11-invalid"]["problems"]
    )


GOLDEN = sorted((ROOT / "golden/cases").glob("*.observed.yaml"))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda path: path.name.partition(".")[0])
def test_the_pipelines_of_the_golden_plans_come_to_an_end(case: Path) -> None:
    seen = yaml.safe_load(case.read_text())
    own = seen["pipeline"]
    meta = {"name": own["metadata"]["name"]}
    manifest = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": meta, "spec": own["spec"]}
    components = [
        {**manifest, "kind": "Component", "metadata": {"name": name}, "spec": spec}
        for name, spec in (seen.get("components") or {}).items()
    ]
    steps = [*own["spec"]["steps"], *own["spec"].get("finally", ())]
    if "invalid" in case.name:
        with pytest.raises(Failure):
            run([*components, manifest])
        return
    result = run(
        [*components, manifest],
        replace={"*": Fake(seconds=10)},
        approve=[step["name"] for step in steps if "approval" in step],
    )
    assert result.phase == "Succeeded", result
    assert {step.phase for step in result.steps.values()} <= {"Succeeded", "Skipped"}
