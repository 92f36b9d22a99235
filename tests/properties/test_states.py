"""The state machine: under random failures, disruptions and crashes, only moves of the tables happen."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.states import Move, forbidden
from tests.properties.model import Cluster
from tests.properties.objects import Object

UNDO = {"undo": {"script": "undo", "retry": {"limit": 1, "backoff": {"initial": "1s"}}}}
RETRY = {"retry": {"limit": 2, "backoff": {"initial": "1s"}}}
ROUNDS = 60


class Watched(Cluster):
    """Notes every move that the tables do not have."""

    def __init__(self, codes: list[int]) -> None:
        given = itertools.cycle(codes)
        super().__init__(lambda job, env: (next(given), ""))
        self.wrong: list[Move] = []
        self.touched: dict[str, bool] = {}

    def set_status(self, obj: Object, version: str, status: Object) -> None:
        before, uid = obj.get("status") or {}, obj["metadata"]["uid"]
        super().set_status(obj, version, status)
        if obj.get("status") == status:
            wrong = forbidden(obj["kind"], before, status, self.touched.pop(uid, False))
            self.wrong += [wrong] if wrong else []

    def touch(self) -> None:
        """Somebody edits: every object may move anywhere, once."""
        self.touched = {obj["metadata"]["uid"]: True for obj in self.objects.values()}


def graph(draw: st.DrawFn) -> Object:
    """A Pipeline with a step of every kind: fan-out, approval, condition, retry, undo, `after`, `finally`."""
    steps: list[Object] = [
        {"name": "first", "script": "a", **UNDO, **draw(st.sampled_from([{}, RETRY]))},
        {"name": "many", "script": "b", "forEach": {"vars": [{"name": "n", "values": [1, 2]}]}, **UNDO},
        {"name": "never", "script": "c", "when": "1 > 2"},
        {"name": "next", "script": "d", "needs": ["first"], **RETRY, **UNDO},
        {"name": "ask", "approval": {"message": "go?", "timeout": "8s"}, "needs": ["next"]},
        {
            "name": "last",
            "script": "e",
            "needs": ["ask", "many"],
            "onError": draw(st.sampled_from(["Fail", "Continue"])),
        },
        {"name": "mend", "script": "f", "after": [{"step": "first", "outcome": "Failed"}]},
    ]
    for step in steps:
        if "approval" not in step:
            step["image"] = "i"
    spec: Object = {"steps": steps, "finally": [{"name": "end", "image": "i", "script": "g"}]}
    spec["onFailure"] = draw(st.sampled_from(["Stop", "Continue", "Undo"]))
    if draw(st.booleans()):
        spec["timeout"] = draw(st.sampled_from(["5s", "20s"]))
    return {"kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}


def crash(cluster: Cluster, done: int) -> None:
    """The operator writes the first of what it planned, and starts anew."""
    for write in cluster.writes_of(cluster.plan())[:done]:
        write()


def happen(cluster: Watched, what: str) -> None:
    """Something that the cluster does."""
    running = [job for job in cluster.of("Job") if cluster.is_live(job) and cluster.pods_of(job)]
    waiting = [step for step in cluster.of("Step") if (step.get("status") or {}).get("reason") == "WaitingForApproval"]
    if what == "evict" and running:
        cluster.evict(running[0])
    elif what == "lose" and running:
        cluster.lose_pod(running[0])
    elif what == "job deleted" and running:
        cluster.delete("Job", running[-1]["metadata"]["name"])
        cluster.touch()
    elif what in (labels.APPROVED_BY, labels.REJECTED_BY) and waiting:
        cluster.annotate(waiting[0], what, "somebody")


EVENTS = ["", "", "", "evict", "lose", "job deleted", labels.APPROVED_BY, labels.REJECTED_BY]


def progress(cluster: Watched, data: st.DataObject) -> None:
    """A moment passes, in which something may happen and the operator may crash."""
    crash(cluster, data.draw(st.integers(0, 6)))
    cluster.start_pods()
    happen(cluster, data.draw(st.sampled_from(EVENTS)))
    crash(cluster, data.draw(st.integers(0, 6)))
    cluster.end_pods()
    cluster.end_jobs()
    cluster.now += data.draw(st.sampled_from([0.5, 2.0, 5.0]))


def finish(cluster: Watched) -> Any:
    """Nothing bad happens any more; how it ends."""
    for _ in range(ROUNDS):
        cluster.reconcile()
        if "completionTime" in cluster.status:
            return cluster.status["phase"]
        cluster.start_pods()
        cluster.reconcile()
        cluster.end_pods()
        cluster.end_jobs()
        cluster.now += 3
    raise AssertionError(f"it does not end: {cluster.status} {cluster.phases()}")


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(st.sampled_from([0, 0, 0, 1, 137]), min_size=1, max_size=12))
def test_only_allowed_moves_and_an_end(data: st.DataObject, codes: list[int]) -> None:
    cluster = Watched(codes)
    manifest = data.draw(st.composite(graph)())
    cluster.apply(manifest)
    for _ in range(data.draw(st.integers(0, 12))):
        progress(cluster, data)
    finish(cluster)
    assert not cluster.wrong, [str(one) for one in cluster.wrong]


@settings(max_examples=20, deadline=None)
@given(st.data(), st.lists(st.sampled_from([0, 0, 0, 1]), min_size=1, max_size=12))
def test_after_an_edit_too(data: st.DataObject, codes: list[int]) -> None:
    cluster = Watched(codes)
    manifest = data.draw(st.composite(graph)())
    cluster.apply(manifest)
    wrong = {"outputs": [{"name": "x", "from": "ghost.x"}]}
    edits = (wrong, {"cancel": True, "outputs": None}, {"cancel": False}, {"suspend": True})
    for edit in (*edits, wrong, {"suspend": False, "timeout": "1h", "outputs": None}):
        for _ in range(data.draw(st.integers(0, 4))):
            progress(cluster, data)
        cluster.touch()
        manifest = {**manifest, "spec": {**manifest["spec"], **edit}}
        manifest["spec"]["steps"] = [dict(step) for step in manifest["spec"]["steps"]]
        if data.draw(st.booleans()):
            manifest["spec"]["steps"][0]["script"] = f"a {edit}"
        cluster.apply(manifest)
    cluster.touch()
    assert finish(cluster) in ("Succeeded", "Failed")
    cluster.wrong.clear()
    settled = cluster.writes
    cluster.reconcile()
    assert cluster.writes == settled
