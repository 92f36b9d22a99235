"""Undo by the whole operator: when there is no room for it any more, and when a rerun is asked for meanwhile."""

from typing import Any

from penstock.core import labels
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, now


def rollout(**work: Any) -> Object:
    """A step that declares an undo, and one after it."""
    first = {"name": "first", "script": "x", "undo": {"script": "undo"}, **work}
    steps = [first, {"name": "second", "script": "y", "needs": ["first"]}]
    spec = {"defaults": {"image": "i"}, "onFailure": "Undo", "steps": steps}
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}


def purposes(cluster: FakeCluster, path: str) -> list[tuple[str, str]]:
    """Purpose and run of the Jobs of a Step, in the order of their creation."""
    jobs = sorted(cluster.all("jobs"), key=lambda job: int(job["metadata"]["uid"].removeprefix("uid-")))
    notes = [job["metadata"] for job in jobs if job["metadata"]["labels"][labels.STEP] == path]
    return [(one["annotations"].get(labels.PURPOSE, "run"), one["annotations"][labels.RUN]) for one in notes]


def status(cluster: FakeCluster) -> Object:
    found: Object = cluster.get("pipelines", "p").get("status") or {}
    return found


def phases(cluster: FakeCluster) -> set[str]:
    """All phases that the Pipeline has had, however short: a rerun that waits for the end of one ends it at once."""
    told = (obj.get("status") or {} for plural, _, obj, _ in cluster._told if plural == "pipelines")
    return {status["phase"] for status in told if "phase" in status}


async def end(cluster: FakeCluster, path: str, phase: str, code: int = 0) -> None:
    """Lets the Job of a Step end; once the Pipeline has been in a phase by that, the Job controller says so too."""
    await until(lambda: any(job["metadata"]["labels"][labels.STEP] == path for job in cluster.pending()))
    cluster.work(code=code)
    await until(lambda: phase in phases(cluster))
    for job in cluster.all("jobs"):
        mine = job["metadata"]["labels"][labels.STEP] == path
        if mine and not job.get("status", {}).get("conditions"):
            kind = "Failed" if code else "Complete"
            job["status"] = {"conditions": [{"type": kind, "status": "True", "lastTransitionTime": now()}]}
            cluster.update("jobs", job)


async def fail(cluster: FakeCluster) -> None:
    """The first step succeeds, the second fails."""
    await end(cluster, "first", "Running")
    await end(cluster, "second", "Undoing", code=1)


async def test_an_undo_that_fits_nowhere_any_more_ends_loudly_and_the_loop_turns_on(cluster: FakeCluster) -> None:
    async with running(cluster, capacity={"cpu": 5}):
        cluster.apply(rollout(resources={"requests": {"cpu": "4"}}))
        await until(lambda: purposes(cluster, "first"))
        edited = rollout(resources={"requests": {"cpu": "400"}})  # no part of the fingerprint: nothing runs again
        cluster.apply(edited)
        await fail(cluster)
        await until(lambda: status(cluster).get("phase") == "Failed")
    assert purposes(cluster, "first") == [("run", "1")]
    undo = cluster.get("steps", "p.first")["status"]["undo"]
    assert undo["phase"] == "Failed"
    assert "400" in undo["message"]


async def rerun_meanwhile(cluster: FakeCluster) -> None:
    """A rerun is asked for while the undo of the first step runs, and begins once that has ended."""
    await until(lambda: purposes(cluster, "first") == [("run", "1"), ("undo", "1")])
    pipeline = cluster.get("pipelines", "p")
    pipeline["metadata"]["annotations"] = {labels.RERUN: "again"}
    cluster.update("pipelines", pipeline)
    step = cluster.get("steps", "p.second")
    step["spec"]["image"] = "hand-made"  # which is put right by a plan that has seen the rerun
    cluster.update("steps", step)
    await until(lambda: cluster.get("steps", "p.second")["spec"]["image"] == "i")
    assert purposes(cluster, "first") == [("run", "1"), ("undo", "1")]
    assert (status(cluster)["phase"], status(cluster)["round"]) == ("Undoing", 1)
    await end(cluster, "first", "Failed")
    await until(lambda: ("run", "2") in purposes(cluster, "first"))


async def test_a_rerun_waits_for_the_end_of_an_undo(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(rollout())
        await fail(cluster)
        await rerun_meanwhile(cluster)


async def test_so_it_does_after_a_restart(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(rollout())
        await fail(cluster)
    async with running(cluster):
        await rerun_meanwhile(cluster)
