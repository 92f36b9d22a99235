"""Undo: fan-outs, composites, steps that failed half-way or were lost, cancel, crashes."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.properties.objects import Object

from penstock import api
from penstock.core import labels
from penstock.core.admission.demands import demand
from penstock.core.pod.ready import Ready
from penstock.core.step.retries import MAX_DISRUPTIONS
from penstock.core.step.status import KEPT_ATTEMPTS


def step(name: str, undo: Object | None = None, **fields: Any) -> Object:
    return {"name": name, "image": "i", "script": name, "undo": {"script": "undo", **(undo or {})}, **fields}


def undoes(job: Object) -> bool:
    return labels.PURPOSE in job["metadata"]["annotations"]


def kinds(obj: Object) -> dict[str, str]:
    """The conditions of an object."""
    return {one["type"]: one["status"] for one in obj["status"]["conditions"]}


class Saga(Cluster):
    """Steps of which some fail, and a list of what was undone, in order."""

    def __init__(self, *bad: str, bad_undo: str = "") -> None:
        super().__init__(self.act)
        self.bad, self.bad_undo = bad, bad_undo
        self.undone: list[tuple[str, str]] = []

    def act(self, job: Object, env: Any) -> tuple[int, str]:
        path = env["PENSTOCK_STEP"]
        if undoes(job):
            self.undone.append((path, env.get("OUTPUT_N", "")))
            return (1, "no") if path == self.bad_undo else (0, "")
        return (1, "") if path in self.bad else (0, '{"n": 7}')

    def begin(self, *steps: Object, **spec: Any) -> "Saga":
        made = {"onFailure": "Undo", "steps": list(steps), **spec}
        self.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": made})
        return self

    @property
    def outcome(self) -> tuple[str, str]:
        (one,) = (one for one in self.status["conditions"] if one["type"] == "Undone")
        return one["status"], one["message"]

    def step_is(self, path: str, phase: str) -> bool:
        return self.phases().get(path) == phase

    def tick(self) -> None:
        """A second passes."""
        self.reconcile()
        self.start_pods()
        self.now += 1
        self.reconcile()
        self.end_pods()
        self.end_jobs()

    def fail(self, path: str) -> None:
        """Goes on until a step has failed, and no plan further: its undo has not been asked for."""
        while not self.step_is(path, "Failed"):
            for write in self.writes_of(self.plan()):
                write()
            self.start_pods()
            self.end_pods()
            self.now += 1

    def paths(self) -> list[str]:
        return [path for path, _ in self.undone]


EACH = {"forEach": {"vars": [{"name": "n", "values": ["a", "b", "c"]}]}}


def test_each_instance_of_a_fan_out_and_the_step_that_failed() -> None:
    saga = Saga("last").begin(step("many", **EACH), step("last", needs=["many"]))
    assert saga.run()["phase"] == "Failed"
    assert saga.paths()[0] == "last"
    assert sorted(saga.paths()[1:]) == ["many.0", "many.1", "many.2"]
    assert saga.outcome[0] == "True"


def test_the_steps_of_a_composite_in_reverse() -> None:
    saga = Saga("bad")
    inner = [step("first"), step("second", needs=["first"])]
    saga.components[None, "both"] = api.ComponentSpec.model_validate({"steps": inner})
    saga.begin({"name": "c", "component": {"name": "both"}}, step("bad", needs=["c"]))
    saga.run()
    assert saga.paths() == ["bad", "c.second", "c.first"]


def test_outputs_reach_the_undo_and_reused_steps_are_left_alone() -> None:
    saga = Saga().begin(step("make", outputs=[{"name": "n", "type": "Integer"}]), step("use", needs=["make"]))
    assert saga.run()["phase"] == "Succeeded"
    saga.bad = ("use",)
    (pipeline,) = saga.of("Pipeline")
    steps = [pipeline["spec"]["steps"][0], {**pipeline["spec"]["steps"][1], "script": "other"}]
    saga.apply({**pipeline, "spec": {**pipeline["spec"], "steps": steps}})
    assert saga.run()["phase"] == "Failed"
    assert saga.undone == [("use", "")]

    again = Saga("use").begin(step("make", outputs=[{"name": "n", "type": "Integer"}]), step("use", needs=["make"]))
    again.run()
    assert again.undone == [("use", ""), ("make", "7")]
    assert "results" not in again.step("make")["status"]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_step_that_a_cancel_stopped_half_way(recorded: bool) -> None:
    saga = Saga().begin(step("done"), step("half", needs=["done"]), step("never", needs=["half"]))
    while not any("half" in job["metadata"]["name"] for job in saga.of("Job")):
        saga.reconcile()
        saga.start_pods()
        saga.end_pods("p.done")
        saga.end_jobs()
        saga.now += 1
    saga.start_pods()
    if recorded:
        saga.now += 5
        saga.reconcile()
        assert saga.step("half")["status"]["attempts"]
    (pipeline,) = saga.of("Pipeline")
    saga.set_spec(pipeline, {**pipeline["spec"], "cancel": True})
    assert saga.run()["phase"] == "Cancelled"
    assert saga.paths() == ["half", "done"]
    assert saga.phases() == {"done": "Succeeded", "half": "Cancelled", "never": "Cancelled"}


def test_a_step_whose_node_was_lost_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.core.step.retries.MAX_DISRUPTIONS", 1)
    saga = Saga().begin(step("lost"))
    for _ in range(20):
        saga.reconcile()
        saga.start_pods()
        for job in saga.of("Job"):
            if saga.is_live(job) and not undoes(job):
                saga.lose_pod(job)
        saga.now += 6
        saga.reconcile()
        saga.end_pods()
    assert saga.step("lost")["status"]["reason"] == "Lost"
    assert saga.status["phase"] == "Failed"
    assert saga.paths() == ["lost"]


def test_an_undo_that_fails_is_loud_and_the_rest_goes_on() -> None:
    retry = {"retry": {"limit": 1, "backoff": {"initial": "1s"}}}
    saga = Saga("c", bad_undo="b").begin(step("a"), step("b", retry, needs=["a"]), step("c", needs=["b"]))
    assert saga.run()["phase"] == "Failed"
    assert saga.paths() == ["c", "b", "b", "a"]
    assert saga.outcome == ("False", "the undo of b failed; its effect is still there")
    assert saga.step("b")["status"]["undo"]["phase"] == "Failed"


def test_the_operator_crashes_at_every_write() -> None:
    clean = Saga("c").begin(step("a"), step("b", needs=["a"]), step("c", needs=["b"]))
    clean.run()
    for crash in range(2, 7):
        saga = Saga("c").begin(step("a"), step("b", needs=["a"]), step("c", needs=["b"]))
        for _ in range(80):
            for write in saga.writes_of(saga.plan())[:crash]:
                write()
            saga.start_pods()
            saga.end_pods()
            saga.end_jobs()
            saga.now += 1
        assert saga.undone == clean.undone
        assert (saga.status["phase"], saga.outcome) == ("Failed", clean.outcome)


def test_a_step_that_was_undone_keeps_its_conditions() -> None:
    saga = Saga("b").begin(step("a"), step("b", needs=["a"]))
    while not saga.step_is("b", "Failed"):
        saga.tick()
    before = [saga.step(path)["status"]["conditions"] for path in ("a", "b")]
    saga.run()
    after = [saga.step(path)["status"]["conditions"] for path in ("a", "b")]
    assert [one[:-1] for one in after] == before
    assert [one[-1]["type"] for one in after] == ["Undone", "Undone"]


def test_all_retries_and_disruptions_of_an_undo_count() -> None:
    """More of them than are kept on record."""
    retry = {"retry": {"limit": KEPT_ATTEMPTS + 5, "backoff": {"initial": "1s", "factor": 1}}}
    saga = Saga("a", bad_undo="a").begin(step("a", retry))
    assert saga.run(2000)["phase"] == "Failed"
    assert len(saga.undone) == KEPT_ATTEMPTS + 6

    lost = Saga("a").begin(step("a"))
    lost.tick()
    lost.reconcile()
    for _ in range(MAX_DISRUPTIONS + 1):
        lost.start_pods()
        for job in filter(lost.is_live, lost.of("Job")):
            lost.lose_pod(job)
        lost.reconcile()
        lost.now += 70
        lost.reconcile()
    assert (lost.status["phase"], lost.outcome[0]) == ("Failed", "False")
    assert f"lost {MAX_DISRUPTIONS + 1} attempts" in lost.step("a")["status"]["undo"]["message"]


def test_an_undo_asks_for_more_memory_as_its_retry_says() -> None:
    retry = {"limit": 1, "backoff": {"initial": "1s"}, "memory": {"factor": 2, "max": "1Gi"}}
    saga = Saga("a").begin(step("a", {"retry": retry}, resources={"requests": {"memory": "128Mi"}}))
    saga.work = lambda job, env: (137 if undoes(job) and env["PENSTOCK_ATTEMPT"] == "1" else not undoes(job), "")
    saga.run()
    containers = [job["spec"]["template"]["spec"]["containers"][0] for job in saga.of("Job") if undoes(job)]
    assert [one["resources"]["requests"]["memory"] for one in containers] == ["128Mi", str(256 * 2**20)]


def test_an_undo_needs_room_for_one_pod_where_the_artifacts_of_its_step_are() -> None:
    made = {"name": "made", "type": "Artifact"}
    saga = Saga("b").begin(
        step("a", replicas=2, outputs=[made]), step("b", needs=["a"]), storage={"claim": {"size": "1Gi"}}
    )
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    saga.refuses = lambda ready: seen.update(shapes(saga, ready))  # type: ignore[method-assign]
    saga.run()
    assert seen["a", "run"] == (2, "ns/p-artifacts")
    assert seen["a", "undo"] == (1, "ns/p-artifacts")


def shapes(saga: Saga, ready: Ready) -> dict[tuple[str, str], tuple[int, str]]:
    """What room a Job needs: pods, and the claim whose node they have to be on."""
    assert saga.graph
    assert saga.graph[1].graph
    shape = demand(ready, saga.graph[1].graph).shape
    return {(ready.node.path, ready.purpose): (shape.replicas, shape.claim)}


def test_nothing_is_undone_beside_a_pod_of_a_gang_that_is_still_ending() -> None:
    saga = Saga().begin(step("a", replicas=2))
    saga.work = lambda job, env: (int(not undoes(job)), "")
    saga.reconcile()
    saga.start_pods()
    (job,) = saga.of("Job")
    first, second = saga.pods_of(job)
    saga.end_pod(job, first)
    saga.reconcile()  # the model refuses to start one Job of a Step beside another
    assert "status" not in saga.step("a")
    assert len(saga.of("Job")) == 1
    saga.end_pod(job, second)
    assert saga.run()["phase"] == "Failed"
    assert saga.outcome[0] == "True"


@pytest.mark.parametrize("change", ["edit", "rerun"])
def test_what_is_asked_for_during_an_undo_waits_for_its_end(change: str) -> None:
    saga = Saga("b").begin(step("a"), step("b", needs=["a"]))
    while not any(map(undoes, saga.of("Job"))):
        saga.tick()
    saga.bad = ()
    if change == "rerun":
        saga.annotate(saga.of("Pipeline")[0], labels.RERUN, "again")
    else:
        saga.begin(step("a", script="other"), step("b", needs=["a"]))
    saga.reconcile()
    assert (saga.status["round"], saga.status["phase"]) == (1, "Undoing")
    assert all(map(undoes, filter(saga.is_live, saga.of("Job"))))
    while saga.status["round"] == 1:
        saga.tick()
    assert saga.paths() == ["b", "a"]
    assert saga.run()["phase"] == "Succeeded"


def test_a_rerun_waits_for_the_end_of_finally() -> None:
    last = {"name": "last", "image": "i", "script": "x"}
    saga = Saga().begin(step("a"), **{"finally": [last]})
    while not any("last" in job["metadata"]["name"] and saga.pods_of(job) for job in saga.of("Job")):
        saga.reconcile()
        saga.start_pods()
        saga.end_pods("p.a")
        saga.now += 3
    saga.reconcile()
    assert saga.step_is("last", "Running")
    saga.annotate(saga.of("Pipeline")[0], labels.RERUN, "again")
    saga.reconcile()
    assert (saga.status["round"], saga.phases()) == (1, {"a": "Succeeded", "last": "Running"})
    saga.end_pods()
    saga.reconcile()
    assert (saga.status["round"], saga.status["rerun"]) == (2, "again")


def test_a_text_that_looks_like_the_place_of_an_artifact_is_none() -> None:
    uri = {"name": "uri", "type": "String"}
    saga = Saga("b")
    saga.act = lambda job, env: (int(env["PENSTOCK_STEP"] == "b" and not undoes(job)), '{"uri": "s3://models/v3/m"}')  # type: ignore[method-assign]
    saga.work = saga.act
    saga.begin(step("a", outputs=[uri]), step("b", needs=["a"]), storage={"claimName": "mine"})
    saga.run()
    (pod,) = (
        job["spec"]["template"]["spec"] for job in saga.of("Job") if undoes(job) and "-a-" in job["metadata"]["name"]
    )
    (container,) = pod["containers"]
    assert {"name": "OUTPUT_URI", "value": "s3://models/v3/m"} in container["env"]
    assert "volumeMounts" not in container


def test_an_undo_that_never_starts_is_taken_away_before_the_next_attempt() -> None:
    retry = {"retry": {"limit": 1, "backoff": {"initial": "1s"}}}
    saga = Saga("a").begin(step("a", retry))
    saga.reconcile()
    saga.start_pods()
    saga.end_pods()
    saga.end_jobs()
    saga.reconcile()
    first = [job["metadata"]["name"] for job in saga.of("Job") if undoes(job)]
    saga.now += 700  # startTimeout, without a pod
    saga.reconcile()
    assert not {job["metadata"]["name"] for job in saga.of("Job")} & set(first)
    assert saga.run()["phase"] == "Failed"
    assert saga.paths() == ["a"]
    assert saga.outcome[0] == "True"


def test_undos_and_finally_have_an_hour_unless_they_say_otherwise() -> None:
    saga = Saga("a")
    finals = [
        {"name": "end", "image": "i", "script": "x"},
        {"name": "brief", "image": "i", "script": "x", "timeout": "9s"},
    ]
    saga.begin(step("a"), **{"finally": finals}, timeout="30s")
    limits: dict[str, int | None] = {}
    started = saga.start

    def start(manifest: Object) -> None:
        name = manifest["metadata"]["labels"][labels.STEP] + "/undo" * undoes(manifest)
        limits[name] = manifest["spec"]["template"]["spec"].get("activeDeadlineSeconds")
        started(manifest)

    saga.start = start  # type: ignore[method-assign]
    saga.run()
    assert limits == {"a": None, "a/undo": 3600, "end": 3600, "brief": 9}


def test_an_edit_that_comes_as_the_undo_begins_waits_for_it() -> None:
    """Nothing but the Job says yet that it has begun: the status of the Pipeline was not taken."""
    saga = Saga("b").begin(step("a"), step("b", needs=["a"]))
    while not (begun := [job for job in saga.of("Job") if undoes(job)]):
        plan = saga.plan()
        undoing = (plan.pipeline_status or {}).get("phase") == "Undoing"
        for write in saga.writes_of(plan)[undoing:]:
            write()
        saga.start_pods()
        saga.end_pods()
        saga.now += 1
    (pipeline,) = saga.of("Pipeline")
    assert saga.status["phase"] == "Running"
    saga.apply({**pipeline, "spec": {**pipeline["spec"], "steps": [step("a", retry={"limit": 1}), step("b")]}})
    saga.reconcile()
    assert saga.status["phase"] == "Undoing"
    assert "deletionTimestamp" not in begun[0]["metadata"]
