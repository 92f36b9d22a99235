"""Approvals: who and when, counted once, rejected, timed out, given in advance, meant for something else."""

from typing import Any

from tests.properties.model import Cluster
from tests.properties.objects import Object

from penstock.core import labels


def asking(approval: Object | None = None, **spec: Any) -> Cluster:
    cluster = Cluster()
    steps = [
        {"name": "build", "image": "i", "script": "x"},
        {"name": "ask", "needs": ["build"], "approval": {"message": "Ship it?", **(approval or {})}},
        {"name": "ship", "image": "i", "script": "x", "needs": ["ask"]},
    ]
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": steps, **spec}})
    return cluster


def until_asked(cluster: Cluster) -> Object:
    for _ in range(5):
        cluster.reconcile()
        cluster.start_pods()
        cluster.end_pods()
        cluster.end_jobs()
        cluster.now += 1
    status: Object = cluster.step("ask")["status"]
    assert status["reason"] == "WaitingForApproval"
    return status


def decide(cluster: Cluster, key: str, who: str = "ann") -> Object:
    cluster.annotate(cluster.step("ask"), key, who)
    cluster.reconcile()
    status: Object = cluster.step("ask")["status"]
    return status


def test_approved() -> None:
    cluster = asking()
    until_asked(cluster)
    status = decide(cluster, labels.APPROVED_BY)
    assert (status["phase"], status["reason"], status["message"]) == ("Succeeded", "Approved", "approved by ann")
    assert status["approval"]["by"] == "ann"
    assert status["startTime"] < status["approval"]["at"] == status["completionTime"]
    assert cluster.step("ask")["metadata"]["annotations"] == {}  # it counts once
    assert cluster.run()["phase"] == "Succeeded"


def test_it_is_asked_again_in_the_next_revision() -> None:
    cluster = asking()
    until_asked(cluster)
    decide(cluster, labels.APPROVED_BY)
    cluster.run()
    (pipeline,) = cluster.of("Pipeline")
    cluster.annotate(pipeline, labels.RERUN, "again")
    until_asked(cluster)
    assert decide(cluster, labels.REJECTED_BY, "bob")["approval"] == {
        "by": "bob",
        "at": cluster.step("ask")["status"]["completionTime"],
        "approved": False,
    }
    assert cluster.run()["phase"] == "Failed"
    assert cluster.step("ask")["status"]["reason"] == "Rejected"
    assert cluster.phases()["ship"] == "Skipped"


def test_nobody_decides_in_time() -> None:
    cluster = asking({"timeout": "1h"})
    status = until_asked(cluster)
    assert "(until " in status["message"]
    cluster.now += 3590
    cluster.reconcile()
    assert cluster.step("ask")["status"]["phase"] == "Queued"
    wake = cluster.plan().wake_at
    assert wake is not None
    cluster.now = wake
    cluster.reconcile()
    status = cluster.step("ask")["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "ApprovalTimedOut")
    assert cluster.status["phase"] == "Failed"
    late = decide(cluster, labels.APPROVED_BY)
    assert late["reason"] == "ApprovalTimedOut"
    assert cluster.step("ask")["metadata"]["annotations"] == {}  # too late, and not for the next time


def test_time_does_not_run_out_while_suspended() -> None:
    cluster = asking({"timeout": "1h"})
    until_asked(cluster)
    (pipeline,) = cluster.of("Pipeline")
    cluster.set_spec(pipeline, {**pipeline["spec"], "suspend": True})
    cluster.now += 7200
    cluster.reconcile()
    assert cluster.step("ask")["status"]["phase"] == "Pending"
    cluster.set_spec(pipeline, {**pipeline["spec"], "suspend": False})
    until_asked(cluster)


def test_an_approval_of_something_else_changes_nothing_and_goes_away() -> None:
    cluster = asking()
    until_asked(cluster)
    cluster.annotate(cluster.step("build"), labels.APPROVED_BY, "ann")
    cluster.reconcile()
    assert cluster.step("build")["metadata"]["annotations"] == {}
    assert "approval" not in cluster.step("build")["status"]
    assert cluster.step("ask")["status"]["reason"] == "WaitingForApproval"


def test_a_longer_timeout_is_no_new_revision() -> None:
    cluster = asking({"timeout": "1h"})
    until_asked(cluster)
    (pipeline,) = cluster.of("Pipeline")
    steps = [dict(step) for step in pipeline["spec"]["steps"]]
    steps[1]["approval"] = {"message": "Ship it?", "timeout": "2h"}
    cluster.set_spec(pipeline, {**pipeline["spec"], "steps": steps})
    cluster.now += 5000
    cluster.reconcile()
    assert cluster.step("ask")["status"]["phase"] == "Queued"
    assert cluster.status["revision"] == 1
