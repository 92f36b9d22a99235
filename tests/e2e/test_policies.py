"""The chart's admission policies: decisions in one's own name, and an account of the operator that is bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cluster.progress import wait_until
from tests.e2e import installed
from tests.e2e.manifests import IMAGE, LONG, pipeline, step
from tests.e2e.rights import ACCOUNT
from tests.e2e.space import PATIENCE, Object, Refused, Space, kubectl

ANN = "ann@example.com"
APPROVER = [
    {"apiGroups": ["penstock.dev"], "resources": ["pipelines", "steps"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["penstock.dev"], "resources": ["steps"], "verbs": ["patch"]},
]
NOTE = "penstock.dev/approved-by"


# What the operator's account may do: the policy is there from the start, so every other test shows what it lets through


def foreign_job(name: str = "theirs") -> Object:
    pod = {"restartPolicy": "Never", "containers": [{"name": "theirs", "image": IMAGE}]}
    spec = {"suspend": True, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def as_operator(space: Space, *words: str, stdin: str | None = None) -> str:
    return space.run(f"--as={ACCOUNT}", *words, stdin=stdin)


def test_the_operators_account_creates_and_deletes_nothing_of_others(space: Space) -> None:
    space.apply(foreign_job())
    with pytest.raises(Refused, match="touches no jobs that no object of Penstock controls"):
        as_operator(space, "delete", "job/theirs")
    with pytest.raises(Refused, match="touches no jobs that no object of Penstock controls"):
        as_operator(space, "create", "-f", "-", stdin=json.dumps(foreign_job("another")))
    assert [job["metadata"]["name"] for job in space.all("jobs")] == ["theirs"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("use nothing of a node", {"hostNetwork": True}),
        ("volumes of steps are", {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}),
        ("run under Pod Security restricted", {"securityContext": {}}),
    ],
)
def test_the_operators_account_creates_no_job_whose_pods_may_more(space: Space, words: str, field: Object) -> None:
    """Even for a Step that is there: by a copy of the Job that the operator made for it."""
    space.apply(pipeline("one", step("a", LONG)))
    space.running("one", "a")
    (job,) = space.jobs()
    kept = {key: job["metadata"][key] for key in ("labels", "annotations", "ownerReferences")}
    pod = {key: value for key, value in job["spec"]["template"]["spec"].items() if key not in field} | field
    labels = {key: job["metadata"]["labels"][key] for key in ("penstock.dev/pipeline", "penstock.dev/step")}
    copy = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {**kept, "name": "copy"},
        "spec": {"suspend": True, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    with pytest.raises(Refused, match=words):
        as_operator(space, "create", "-f", "-", stdin=json.dumps(copy))


# Approvals


def refused(space: Space, *words: str) -> bool:
    try:
        space.run(*words)
    except Refused:
        return True
    return False


@pytest.fixture
def in_ones_own_name(space: Space) -> Iterator[None]:
    """The policy, and a Pipeline that asks; ann may approve, and nothing else."""
    installed.install("admission.approvals=true")
    try:
        rules = {"kind": "Role", "metadata": {"name": "approver"}, "rules": APPROVER}
        subject = {"kind": "User", "name": ANN, "apiGroup": "rbac.authorization.k8s.io"}
        role = {"kind": "Role", "name": "approver", "apiGroup": "rbac.authorization.k8s.io"}
        bound = {"kind": "RoleBinding", "metadata": {"name": "ann"}, "subjects": [subject], "roleRef": role}
        for one in (rules, bound):
            space.apply({"apiVersion": "rbac.authorization.k8s.io/v1", **one})
        space.apply(pipeline("ask", {"name": "sign-off", "approval": {"message": "Ship it?"}}))
        space.wait("step/ask.sign-off", "jsonpath={.status.reason}=WaitingForApproval")
        # The API server takes a moment to know a new policy.
        in_anothers = ("annotate", "step/ask.sign-off", f"{NOTE}=somebody", "--dry-run=server")
        wait_until("the policy", lambda: refused(space, *in_anothers), PATIENCE)
        yield
    finally:
        installed.install()


@pytest.mark.alone
@pytest.mark.usefixtures("in_ones_own_name")
def test_people_decide_in_their_own_name_only(space: Space) -> None:
    target = "step/ask.sign-off"
    with pytest.raises(Refused, match=f"take your own user name: {ANN}"):
        space.run(f"--as={ANN}", "annotate", target, f"{NOTE}=boss")
    space.run(f"--as={ANN}", "annotate", target, f"{NOTE}={ANN}")
    assert space.finish("pipeline/ask")["status"]["phase"] == "Succeeded"
    assert space.step("ask", "sign-off")["approval"]["by"] == ANN

    def recorded() -> bool:
        return NOTE not in space.one(target)["metadata"].get("annotations", {})

    wait_until("the operator's removal of the decision", recorded, PATIENCE)


@pytest.mark.alone
@pytest.mark.usefixtures("in_ones_own_name")
def test_the_command_line_writes_the_name_that_the_api_server_knows(space: Space) -> None:
    def approve(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "penstock.cli", "approve", "-n", space.name, "ask", *words]
        return subprocess.run(argv, capture_output=True, text=True)

    in_anothers = approve("--as", "boss")
    assert in_anothers.returncode != 0
    assert "take your own user name" in in_anothers.stderr
    assert approve().returncode == 0
    assert space.finish("pipeline/ask")["status"]["phase"] == "Succeeded"
    user = json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"]
    assert space.step("ask", "sign-off")["approval"]["by"] == user
