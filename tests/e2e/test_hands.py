"""What people do to the objects by hand, and what becomes of it."""

from __future__ import annotations

import pytest

from tests.e2e.gates import Gate
from tests.e2e.manifests import LONG, emit, pipeline, step
from tests.e2e.space import LATEST, Space

VALUE = [{"name": "n", "type": "Integer"}]


def test_an_edited_step_is_put_back(space: Space, gate: Gate) -> None:
    space.apply(pipeline("edited", step("a", gate.held)))
    space.running("edited", "a")
    before = space.one("step/edited.a")["spec"]
    space.run("patch", "step/edited.a", "--type=merge", "--patch", '{"spec": {"script": "exit 7"}}')
    space.until("step/edited.a", lambda one: one["spec"] == before)
    gate.open()
    assert space.finish("pipeline/edited")["status"]["phase"] == "Succeeded"
    space.run("patch", "step/edited.a", "--type=merge", "--patch", '{"spec": {"script": "exit 8"}}')
    space.until("step/edited.a", lambda one: one["spec"] == before)
    assert space.attempts() == ["a/#1"]


def test_a_deleted_step_comes_back(space: Space, gate: Gate) -> None:
    space.apply(pipeline("gone", step("a", emit('{"n": 1}'), outputs=VALUE), step("b", gate.held, needs=["a"])))
    space.running("gone", "b")
    old = space.one("step/gone.a")["metadata"]["uid"]
    space.run("delete", "step/gone.a", LATEST)
    space.wait("step/gone.a", "condition=Complete")
    gate.open()
    assert space.finish("pipeline/gone")["status"]["phase"] == "Succeeded"
    assert space.one("step/gone.a")["metadata"]["uid"] != old
    assert space.step("gone", "a")["outputs"] == {"n": 1}


def test_a_deleted_job_is_not_the_users_failure(space: Space, gate: Gate) -> None:
    space.apply(pipeline("jobless", step("a", gate.held)))
    space.running("jobless", "a")
    (job,) = space.jobs()
    (pod,) = space.all("pods")
    space.run("delete", f"job/{job['metadata']['name']}", LATEST)
    # Its pod has time to end in peace, and what it does by then counts: here it gets none.
    space.run("delete", f"pod/{pod['metadata']['name']}", "--grace-period=1", "--ignore-not-found", LATEST)
    gate.open()
    assert space.finish("pipeline/jobless")["status"]["phase"] == "Succeeded"
    (again,) = space.jobs()
    assert again["metadata"]["uid"] != job["metadata"]["uid"]
    assert not space.step("jobless", "a").get("failures")


@pytest.mark.kind("kubelet: a pod that ends while it runs")
def test_a_deleted_pod_is_not_the_users_failure(space: Space, gate: Gate) -> None:
    space.apply(pipeline("podless", step("a", gate.held)))
    space.running("podless", "a")
    (pod,) = space.all("pods")
    space.run("delete", f"pod/{pod['metadata']['name']}", "--grace-period=1", LATEST)
    gate.open()
    assert space.finish("pipeline/podless")["status"]["phase"] == "Succeeded"
    status = space.step("podless", "a")
    assert [one.get("reason") for one in status["attempts"]] == ["Lost", None]
    assert not status.get("failures")
    assert len(space.jobs()) == 2


def test_a_deleted_pipeline_takes_everything_with_it(space: Space) -> None:
    write = step("write", 'echo hello > "$OUTPUT_FILE"', outputs=[{"name": "file", "type": "Artifact"}])
    long = step("long", LONG, needs=["write"])
    gang = step("gang", LONG, replicas=2, needs=["write"])
    space.apply(pipeline("all", write, long, gang, storage={"claim": {"size": "16Mi"}}))
    space.running("all", "long")
    space.running("all", "gang")
    kinds = "steps,jobs,pods,services,persistentvolumeclaims,controllerrevisions"
    assert {one["kind"] for one in space.all(kinds)} >= {"Step", "Job", "Pod", "Service", "PersistentVolumeClaim"}
    left = [f"{one['kind']}/{one['metadata']['name']}" for one in space.all(kinds)]
    space.run("delete", "pipeline/all", "--cascade=foreground", LATEST)
    for name in left:
        space.run("wait", name, "--for=delete", LATEST)
    assert not space.all(kinds)


def test_a_pipeline_deleted_without_its_children_leaves_them(space: Space) -> None:
    """The garbage collector patches every child, and may change no letter of a ControllerRevision."""
    odd = step("a", 'test 3 -gt 2 && cat < /dev/null > /dev/null; echo "é \t <>&"', duration="1m")
    space.apply(pipeline("left", odd, params=[{"name": "x", "type": "Number", "value": 1e-05}]))
    space.finish("pipeline/left")
    space.run("delete", "pipeline/left", "--cascade=orphan", "--timeout=60s")
    kinds = {one["kind"]: one["metadata"] for one in space.all("steps,controllerrevisions", pipeline="left")}
    assert set(kinds) == {"Step", "ControllerRevision"}
    assert not any(one.get("ownerReferences") for one in kinds.values())


def test_a_status_written_by_hand_harms_no_other(space: Space) -> None:
    space.apply(pipeline("odd", step("a", emit('{"n": 1}'), outputs=VALUE)))
    space.finish("pipeline/odd")
    nonsense = '{"status": {"phase": "Running", "outputs": {"n": "x"}, "conditions": [], "attempts": [], "run": 99}}'
    space.run("patch", "step/odd.a", "--subresource=status", "--type=merge", "--patch", nonsense)
    space.run("patch", "pipeline/odd", "--subresource=status", "--type=merge", "--patch", '{"status": {"round": 77}}')
    space.apply(pipeline("other", step("a")))
    assert space.finish("pipeline/other")["status"]["phase"] == "Succeeded"
    assert space.finish("pipeline/odd")["status"]["phase"] in ("Succeeded", "Failed")
