"""Revisions with the project's own command line: diff, history, rollback; and Components that were pinned."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.cluster.progress import wait_until
from tests.e2e.commandline import penstock
from tests.e2e.gates import Gate
from tests.e2e.manifests import LONG, emit, pipeline, step
from tests.e2e.space import PATIENCE, Space

CASES = Path(__file__).parent / "cases"
STEP = "penstock.dev/step"


def test_diff_edit_and_rollback(space: Space) -> None:
    first, second = CASES / "12-edit-a.yaml", CASES / "12-edit-b.yaml"
    for version in (first, second):
        space.apply(version)
        assert space.finish("pipeline/edit")["status"]["phase"] == "Succeeded"
    assert penstock(space, "diff", "-f", second).returncode == 0
    changes = json.loads(penstock(space, "diff", "-f", first, "-o", "json").stdout)["edit"]
    assert {one["path"]: one["action"] for one in changes} == {"prepare": "reuse", "train": "reuse", "deploy": "run"}

    known = {job["metadata"]["uid"] for job in space.jobs()}
    assert penstock(space, "rollback", "edit").stdout == "pipeline.penstock.dev/edit rolled back to revision 1\n"
    assert space.finish("pipeline/edit")["status"]["phase"] == "Succeeded"
    fresh = [job["metadata"]["labels"][STEP] for job in space.jobs() if job["metadata"]["uid"] not in known]
    assert fresh == ["deploy"]
    assert space.step("edit", "deploy")["outputs"] == {"live": "lr=0.1"}
    assert "run 1" in space.step("edit", "train")["message"]
    shown = json.loads(penstock(space, "history", "edit", "-o", "json").stdout)
    assert [line["revision"] for line in shown] == [3, 2, 1]
    assert all(line["kept"] for line in shown)


def test_revisions_beyond_the_limit_go(space: Space) -> None:
    for number in range(5):
        one = step("a", env=[{"name": "N", "value": str(number)}])
        space.apply(pipeline("old", one, suspend=True, historyLimit=1))
        space.until("pipeline/old", lambda seen, then=number + 1: seen.get("status", {}).get("revision") == then)

    def kept() -> list[int]:
        return sorted(one["revision"] for one in space.all("controllerrevisions", pipeline="old"))

    # The present one, as many past ones as historyLimit says, and one that goes with the next edit.
    wait_until("revisions beyond the limit to go", lambda: kept() == [3, 4, 5], PATIENCE)


def test_an_edit_replaces_what_runs_and_leaves_the_rest(space: Space, gate: Gate) -> None:
    space.apply(pipeline("live", step("quick"), step("slow", LONG), step("other", gate.held)))
    space.running("live", "slow")
    space.running("live", "other")
    kept = [job["metadata"]["uid"] for job in space.jobs(step="other")]
    space.apply(pipeline("live", step("quick"), step("slow"), step("other", gate.held)))
    space.until("step/live.slow", lambda one: one["status"].get("run") == 2)
    gate.open()
    assert space.finish("pipeline/live")["status"]["phase"] == "Succeeded"
    assert [job["metadata"]["uid"] for job in space.jobs(step="other")] == kept
    assert space.step("live", "slow")["run"] == 2


def test_a_component_is_pinned_until_its_pipeline_is_rerun(space: Space) -> None:
    outputs = [{"name": "n", "type": "Integer"}]

    def component(number: int) -> dict[str, object]:
        container = {key: value for key, value in step("x", emit(f'{{"n": {number}}}')).items() if key != "name"}
        spec = {"image": "localhost/penstock-python:dev", **container, "outputs": outputs}
        meta = {"name": "number"}
        return {"apiVersion": "penstock.dev/v1alpha1", "kind": "Component", "metadata": meta, "spec": spec}

    space.apply(component(1))
    space.apply(pipeline("pinned", {"name": "a", "component": {"name": "number"}}))
    space.finish("pipeline/pinned")
    space.apply(component(2))
    space.apply(pipeline("pinned", {"name": "a", "component": {"name": "number"}}))
    time.sleep(2)  # nothing may come of it
    assert len(space.jobs()) == 1
    assert space.finish("pipeline/pinned")["status"]["phase"] == "Succeeded"
    assert space.step("pinned", "a")["outputs"] == {"n": 1}
    assert penstock(space, "rerun", "pinned").returncode == 0
    space.finish("pipeline/pinned")
    assert space.step("pinned", "a")["outputs"] == {"n": 2}
