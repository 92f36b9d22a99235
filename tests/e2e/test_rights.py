"""What the operator may do, and what steps may."""

from __future__ import annotations

import subprocess

import pytest

from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Space
from tests.release import NAME, NAMESPACE

OPERATOR = f"system:serviceaccount:{NAMESPACE}:{NAME}"


def may(verb: str, resource: str, who: str = OPERATOR) -> bool:
    name, _, subresource = resource.partition("/")
    words = ["kubectl", "auth", "can-i", verb, name, f"--subresource={subresource}", "--all-namespaces", f"--as={who}"]
    answer = subprocess.run(words, capture_output=True, text=True).stdout.strip()
    assert answer in ("yes", "no"), answer
    return answer == "yes"


@pytest.mark.kind("RBAC")
@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", "configmaps"),
        ("create", "pods"),
        ("create", "pods/exec"),
        ("get", "pods/log"),
        ("delete", "namespaces"),
        ("create", "clusterroles.rbac.authorization.k8s.io"),
        ("impersonate", "users"),
        ("update", "pipelines.penstock.dev"),
        ("patch", "jobs.batch"),
        ("list", "persistentvolumeclaims"),
    ],
)
def test_the_operator_may_not(verb: str, resource: str) -> None:
    assert not may(verb, resource)


@pytest.mark.kind("RBAC")
def test_the_operator_may_do_its_work() -> None:
    assert may("create", "jobs.batch")
    assert may("update", "steps.penstock.dev/status")


@pytest.mark.kind("kubelet: what a container may")
def test_a_step_runs_restricted_and_has_no_token(space: Space) -> None:
    script = """
import json, os, pathlib
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
found = {
    "uid": os.getuid(),
    "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "seccomp": int(status["Seccomp"]),
    "privileges": int(status["NoNewPrivs"]),
    "token": pathlib.Path("/var/run/secrets/kubernetes.io").exists(),
    "home": os.environ["HOME"],
}
pathlib.Path(os.environ["PENSTOCK_OUTPUTS"]).write_text(json.dumps({"found": found}))
"""
    outputs = [{"name": "found", "type": "Object"}]
    space.apply(pipeline("inside", step("look", script, interpreter=["python3", "-c"], outputs=outputs)))
    assert space.finish("pipeline/inside")["status"]["phase"] == "Succeeded"
    assert space.step("inside", "look")["outputs"]["found"] == {
        "uid": 65532,
        "capabilities": 0,
        "seccomp": 2,
        "privileges": 1,
        "token": False,
        "home": "/tmp",
    }
