"""Undo: fan-outs, composites, steps that failed half-way or were lost, cancel, a Job that is not taken, crashes."""

from dataclasses import replace
from typing import Any

import pytest
from tests.properties.model import Cluster, Object

from penstock import api
from penstock.core import labels
from penstock.core.observed import Observed, Refusal
from penstock.core.plan import Plan, plan


def step(name: str, undo: Object | None = None, **fields: Any) -> Object:
    return {"name": name, "image": "i", "script": name, "undo": {"script": "undo", **(undo or {})}, **fields}


def undoes(job: Object) -> bool:
    return labels.PURPOSE in job["metadata"]["annotations"]


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
    monkeypatch.setattr("penstock.core.retries.MAX_DISRUPTIONS", 1)
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


class Refusing(Saga):
    """An API server that takes no Job of an undo."""

    refusal = Refusal("spec is not valid", 0.0, hopeless=True, purpose="undo")

    def observe(self) -> Observed:
        observed = super().observe()
        return replace(observed, refused={one.uid: self.refusal for one in observed.steps.values()})

    def plan(self) -> Plan:
        return plan(self.observe())


def test_an_undo_whose_job_is_not_taken_fails_and_does_not_hang() -> None:
    saga = Refusing("b").begin(step("a"), step("b", needs=["a"]))
    assert saga.run()["phase"] == "Failed"
    assert saga.undone == []
    assert saga.outcome == ("False", "the undo of b, a failed; its effect is still there")
    assert "spec is not valid" in saga.step("a")["status"]["undo"]["message"]


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
