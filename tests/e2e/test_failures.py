"""How attempts end that do not end well, each with its reason, exit code, last words and node; and what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.manifests import LONG, emit, pipeline, step
from tests.e2e.space import LATEST, Object, Space, condition, kubectl
from tests.e2e.starting import never_starts
from tests.release import NAME, NAMESPACE

HUNGRY = """
python3 -c "import os; b = bytearray(48 << 20); os.environ['PENSTOCK_ATTEMPT'] >= '2' or b.extend(bytes(96 << 20))"
code=$?
sleep 2
exit $code
"""
"""The shell outlives what is killed: a busy node may tell that a container ended before it tells why."""
SOON = {"limit": 1, "backoff": {"initial": "1s"}}


def running(space: Space, name: str, path: str) -> Object:
    """Wait until the step runs; its pod."""
    space.running(name, path)
    pods = [pod for pod in space.all("pods", pipeline=name, step=path) if "deletionTimestamp" not in pod["metadata"]]
    return pods[0]


def reasons(status: Object) -> list[str | None]:
    return [one.get("reason") for one in status["attempts"]]


@pytest.mark.kind("kubelet: memory")
def test_out_of_memory_asks_for_more(space: Space) -> None:
    hungry = step("eat", HUNGRY)
    hungry["resources"] = {"requests": {"cpu": "20m", "memory": "64Mi"}}
    hungry["retry"] = {**SOON, "memory": {"factor": 3, "max": "160Mi"}}
    space.apply(pipeline("oom", hungry))
    assert space.finish("pipeline/oom")["status"]["phase"] == "Succeeded"
    status = space.step("oom", "eat")
    assert reasons(status) == ["OOMKilled", None]
    assert status["attempts"][0]["exitCode"] == 137
    assert status["attempts"][0]["node"]
    limits = [job["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] for job in space.jobs()]
    assert [one["memory"] for one in limits] == ["64Mi", str(160 << 20)]


@pytest.mark.kind("logs")
def test_an_error_says_its_code_and_last_words(space: Space) -> None:
    space.apply(pipeline("bad", step("say", "echo before; echo the disk is on fire >&2; exit 42")))
    space.finish("pipeline/bad")
    (attempt,) = space.step("bad", "say")["attempts"]
    assert (attempt["reason"], attempt["exitCode"]) == ("Error", 42)
    assert "the disk is on fire" in attempt["message"]
    assert attempt["node"]


@pytest.mark.kind("retries: the eviction API")
def test_an_eviction_is_not_the_users_failure(space: Space) -> None:
    space.apply(pipeline("moved", step("work", f'test "$PENSTOCK_ATTEMPT" -ge 2 || {{ {LONG}; }}')))
    name = running(space, "moved", "work")["metadata"]["name"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": space.name}}
    space.run(
        *("create", "--raw", f"/api/v1/namespaces/{space.name}/pods/{name}/eviction", "-f", "-"),
        stdin=json.dumps(eviction),
    )
    assert space.finish("pipeline/moved")["status"]["phase"] == "Succeeded"
    status = space.step("moved", "work")
    assert reasons(status) == ["Disrupted", None]
    assert "EvictionByEvictionAPI" in status["attempts"][0]["message"]
    assert (status.get("failures"), status["disruptions"]) == (None, 1)


@pytest.mark.kind("kubelet: its words")
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("configmap", {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "ghost", "key": "k"}}}]}),
        ("secret", {"envFrom": [{"secretRef": {"name": "ghost"}}]}),
    ],
)
def test_a_missing_configuration(space: Space, kind: str, fields: dict[str, Any]) -> None:
    assert f'{kind} "ghost" not found' in never_starts(space, step("read", **fields), "ghost")
    status = space.step("start", "read")
    assert status["attempts"][0]["node"]


def test_a_rejected_approval(space: Space) -> None:
    space.apply(
        pipeline("ask", {"name": "sign-off", "approval": {"message": "Ship it?"}}, step("ship", needs=["sign-off"]))
    )
    space.wait("step/ask.sign-off", "jsonpath={.status.reason}=WaitingForApproval")
    space.run("annotate", "step/ask.sign-off", "penstock.dev/rejected-by=ann")
    assert space.finish("pipeline/ask")["status"]["phase"] == "Failed"
    one = space.one("step/ask.sign-off")
    assert (one["status"]["reason"], one["status"]["approval"]["by"]) == ("Rejected", "ann")
    assert space.step("ask", "ship")["phase"] == "Skipped"


def test_an_approval_that_nobody_gives(space: Space) -> None:
    space.apply(pipeline("ask", {"name": "sign-off", "approval": {"message": "Ship it?", "timeout": "3s"}}))
    assert space.finish("pipeline/ask")["status"]["phase"] == "Failed"
    assert space.step("ask", "sign-off")["reason"] == "ApprovalTimedOut"


def test_a_cancel_takes_back_what_was_done_and_half_done(space: Space) -> None:
    done = step("done", emit('{"n": 7}'), outputs=[{"name": "n", "type": "Integer"}])
    done["undo"] = {"script": 'test "$OUTPUT_N" = 7'}
    half = step("half", LONG, needs=["done"], undo={"script": "true"})
    each = step(
        "each", LONG, needs=["done"], undo={"script": "true"}, forEach={"vars": [{"name": "i", "values": [1, 2]}]}
    )
    space.apply(pipeline("back", done, half, each, onFailure="Undo", **{"finally": [step("end")]}))
    for path in ("half", "each.0", "each.1"):
        space.running("back", path)
    space.run("patch", "pipeline/back", "--type=merge", "--patch", '{"spec": {"cancel": true}}')
    found = space.finish("pipeline/back")
    assert (found["status"]["phase"], condition(found, "Undone")) == ("Cancelled", "True")
    undone = [job["metadata"]["labels"]["penstock.dev/step"] for job in space.jobs(undo=True)]
    assert (sorted(undone), undone[-1]) == (["done", "each", "each", "half"], "done")
    assert space.step("back", "end")["phase"] == "Succeeded"


@pytest.mark.kind("retries: the taint manager")
@pytest.mark.alone
def test_a_node_that_is_drained(space: Space) -> None:
    space.apply(pipeline("drain", step("work", f'test "$PENSTOCK_ATTEMPT" -ge 2 || {{ {LONG}; }}')))
    pod = running(space, "drain", "work")
    node = pod["spec"]["nodeName"]
    kubectl("taint", "node", node, "penstock.dev/drained=yes:NoExecute")  # the operator has to leave it, too
    try:
        space.wait(f"pod/{pod['metadata']['name']}", "delete")
    finally:
        kubectl("taint", "node", node, "penstock.dev/drained-")
    kubectl("--namespace", NAMESPACE, "rollout", "status", f"deployment/{NAME}", LATEST)
    assert space.finish("pipeline/drain")["status"]["phase"] == "Succeeded"
    status = space.step("drain", "work")
    assert reasons(status) in (["Disrupted", None], ["Lost", None])
    assert (status.get("failures"), status["disruptions"]) == (None, 1)
