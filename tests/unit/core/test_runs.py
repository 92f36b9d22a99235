"""From manifest to end: what starts, in which order, and how everything ends."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import Object, cluster, job_env, phases, pipeline, runs, spec, step

from penstock.core import labels


def test_a_chain_runs_in_order_and_passes_typed_values_on() -> None:
    found = cluster(
        pipeline(
            step("b", inputs={"x": "from:a.n", "twice": "expr:steps.a.outputs.n * 2"}),
            step("a", outputs={"n": "Integer"}),
        ),
        a={"n": 21},
    )
    assert phases(found) == {"a": "Succeeded", "b": "Succeeded"}
    assert runs(found) == ["a", "b"]


def test_a_pod_that_ended_before_its_job_is_enough_and_nothing_is_deleted() -> None:
    found = cluster(pipeline(step("a"), step("b", needs=["a"])))
    found.reconcile()
    found.start_pods()
    found.end_pods()
    found.reconcile()
    assert found.phases()["a"] == "Succeeded"
    assert [job["metadata"]["name"].startswith(("p-a-", "p-b-")) for job in found.of("Job")] == [True, True]
    found.reconcile()
    assert runs(found) == ["a", "b"]


def test_a_job_that_fails_by_its_pod_stays_for_its_logs() -> None:
    found = cluster(pipeline(step("a", retry={"limit": 1, "backoff": {"initial": "1s"}})), a=[3, 0])
    found.reconcile()
    found.start_pods()
    found.end_pods()
    found.reconcile()
    assert found.phases()["a"] == "Retrying"
    assert len(found.of("Job")) == 1
    assert phases(found) == {"a": "Succeeded"}
    assert runs(found) == ["a", "a~2"]


class TestFailure:
    def test_stop_starts_nothing_new(self) -> None:
        found = cluster(
            pipeline(step("bad"), step("next", needs=["bad"]), step("late", needs=["slow"]), step("slow")), bad=1
        )
        found.reconcile()
        found.start_pods()
        found.finish("p.bad")
        found.reconcile()
        assert found.status["phase"] == "Running"
        assert found.status["reason"] == "Stopping"
        assert phases(found) == {"bad": "Failed", "late": "Skipped", "next": "Skipped", "slow": "Succeeded"}
        assert found.status["phase"] == "Failed"
        assert "step 'bad' failed: exit code 1: it failed" in found.status["message"]
        assert found.step("late")["status"]["reason"] == "PipelineFailed"

    def test_continue_lets_other_branches_go_on(self) -> None:
        found = cluster(
            pipeline(
                step("bad"),
                step("next", needs=["bad"]),
                step("good"),
                step("more", needs=["good"]),
                onFailure="Continue",
            ),
            bad=1,
        )
        assert phases(found) == {"bad": "Failed", "good": "Succeeded", "more": "Succeeded", "next": "Skipped"}
        assert found.step("next")["status"]["reason"] == "DependencyFailed"
        assert found.status["phase"] == "Failed"

    def test_steps_after_a_failure_run_even_under_stop(self) -> None:
        found = cluster(
            pipeline(
                step("bad"),
                step("rescue", after=[{"step": "bad", "outcome": "Failed"}]),
                step("note", after=[{"step": "bad", "outcome": "Completed"}]),
                step("told", inputs={"how": "expr:steps.bad.status"}),
                step("never", after=[{"step": "bad"}]),
            ),
            bad=1,
        )
        assert phases(found) == {
            "bad": "Failed",
            "rescue": "Succeeded",
            "note": "Succeeded",
            "told": "Succeeded",
            "never": "Skipped",
        }

    def test_on_error_continue_neither_fails_the_pipeline_nor_its_dependants(self) -> None:
        found = cluster(
            pipeline(
                step("bad", onError="Continue", outputs={"n": "Integer"}),
                step("after", needs=["bad"]),
                step("reads", inputs={"n": "from:bad.n"}),
                step("defaults", inputs={"n": {"from": "bad.n", "default": 1}}),
            ),
            bad=1,
        )
        assert phases(found) == {"bad": "Failed", "after": "Succeeded", "reads": "Skipped", "defaults": "Succeeded"}
        assert found.status["phase"] == "Succeeded"

    def test_a_step_that_cannot_take_its_input_fails_the_pipeline_that_it_stops(self) -> None:
        found = cluster(pipeline(step("a", inputs={"x": "expr:1 / params.zero"}), step("b"), params={"zero": 0}))
        assert phases(found)["a"] == "Failed"
        assert found.step("a")["status"]["reason"] == "ExpressionError"
        assert found.status["phase"] == "Failed"

    def test_what_follows_an_approval_and_cannot_start_fails_the_pipeline(self) -> None:
        found = cluster(
            pipeline(
                step("ok", approval={"message": "?"}),
                step("a", inputs={"x": "expr:1 / params.zero"}, needs=["ok"]),
                params={"zero": 0},
            )
        )
        found.reconcile()
        found.annotate(found.step("ok"), labels.APPROVED_BY, "me")
        assert phases(found) == {"ok": "Succeeded", "a": "Failed"}
        assert found.status["phase"] == "Failed"

    def test_a_rejected_approval_fails_the_pipeline(self) -> None:
        found = cluster(pipeline(step("ok", approval={"message": "?"}), step("a", needs=["ok"])))
        found.reconcile()
        assert found.step("ok")["status"]["phase"] == "Queued"
        assert found.status["reason"] == "WaitingForApproval"
        found.annotate(found.step("ok"), labels.REJECTED_BY, "me")
        assert phases(found) == {"ok": "Failed", "a": "Skipped"}
        assert found.status["phase"] == "Failed"
        assert found.step("ok")["metadata"]["annotations"] == {}


class TestMissingValues:
    def test_skipped_producers(self) -> None:
        found = cluster(
            pipeline(
                step("off", when="false", outputs={"n": "Integer"}),
                step("needs", inputs={"n": "from:off.n"}),
                step("maybe", inputs={"n": {"from": "off.n", "optional": True}}),
                step("else", inputs={"n": {"from": "off.n", "default": 4}}),
            )
        )
        assert phases(found) == {"off": "Skipped", "needs": "Skipped", "maybe": "Succeeded", "else": "Succeeded"}
        env = {job["metadata"]["labels"][labels.STEP]: job_env(job) for job in found.of("Job")}
        assert env["maybe"]["INPUT_N"] == ""
        assert env["else"]["INPUT_N"] == "4"
        assert found.step("needs")["status"]["reason"] == "DependencySkipped"

    def test_an_optional_output_that_was_not_produced(self) -> None:
        found = cluster(
            pipeline(
                step("a", outputs={"n": {"type": "Integer", "optional": True}, "m": {"type": "Integer", "default": 3}}),
                step("b", inputs={"n": {"from": "a.n", "optional": True}, "m": "from:a.m"}),
                step("c", inputs={"n": "from:a.n"}),
            )
        )
        assert phases(found) == {"a": "Succeeded", "b": "Succeeded", "c": "Skipped"}

    def test_single_instances_that_failed(self) -> None:
        found = cluster(
            pipeline(
                step(
                    "many", each={"x": [1, 2, 3]}, inputs={"x": "each:x"}, outputs={"n": "Integer"}, onError="Continue"
                ),
                step("strict", inputs={"n": "from:many.n"}),
                step("holes", inputs={"n": {"from": "many.n", "optional": True}}),
                step("filled", inputs={"n": {"from": "many.n", "default": 0}}),
            ),
            many__0={"n": 10},
            many__1=1,
            many__2={"n": 30},
        )
        assert phases(found)["strict"] == "Skipped"
        env = {job["metadata"]["labels"][labels.STEP]: job_env(job) for job in found.of("Job")}
        assert json.loads(env["holes"]["INPUT_N"]) == [10, None, 30]
        assert json.loads(env["filled"]["INPUT_N"]) == [10, 0, 30]


class TestFinally:
    def test_runs_whatever_the_outcome_and_sees_it(self) -> None:
        found = cluster(
            pipeline(
                step("a", outputs={"n": "Integer"}),
                step("bad", needs=["a"]),
                **{
                    "finally": [
                        step("report", inputs={"bad": "expr:steps.bad.status", "n": "from:a.n"}),
                        step("last", needs=["report"]),
                    ]
                },
            ),
            a={"n": 1},
            bad=1,
        )
        assert phases(found) == {"a": "Succeeded", "bad": "Failed", "report": "Succeeded", "last": "Succeeded"}
        assert found.status["phase"] == "Failed"
        assert runs(found) == ["a", "bad", "report", "last"]

    @pytest.mark.parametrize(("on_error", "phase"), [("Fail", "Failed"), ("Continue", "Succeeded")])
    def test_one_that_fails_fails_the_pipeline(self, on_error: str, phase: str) -> None:
        found = cluster(pipeline(step("a"), **{"finally": [step("f", onError=on_error), step("g", needs=["f"])]}), f=1)
        assert phases(found)["g"] == ("Succeeded" if on_error == "Continue" else "Skipped")
        assert found.status["phase"] == phase

    def test_runs_once_and_again_when_something_ran_again(self) -> None:
        manifest = pipeline(step("a"), **{"finally": [step("f")]})
        found = cluster(manifest)
        found.run()
        manifest["spec"]["description"] = "other words"
        found.apply(manifest)
        found.run()
        assert runs(found) == ["a", "f"]
        manifest["spec"]["defaults"] = {"image": "newer"}
        found.apply(manifest)
        found.run()
        assert runs(found) == ["a", "f", "a#2", "f#2"]


class TestSwitches:
    def test_cancel_stops_runs_finally_and_goes_on_when_lifted(self) -> None:
        manifest = pipeline(step("a"), step("b", needs=["a"]), **{"finally": [step("f")]})
        found = cluster(manifest)
        found.reconcile()
        found.start_pods()
        manifest["spec"]["cancel"] = True
        found.apply(manifest)
        assert phases(found) == {"a": "Cancelled", "b": "Cancelled", "f": "Succeeded"}
        assert found.status["phase"] == "Cancelled"
        manifest["spec"]["cancel"] = False
        found.apply(manifest)
        assert phases(found) == {"a": "Succeeded", "b": "Succeeded", "f": "Succeeded"}
        assert found.status["phase"] == "Succeeded"
        assert runs(found) == ["a", "f", "a#2", "b", "f#2"]

    def test_cancel_lifted_while_it_is_carried_out(self) -> None:
        manifest = pipeline(step("a"), step("b", needs=["a"]))
        found = cluster(manifest)
        found.reconcile()
        found.slow = True
        manifest["spec"]["cancel"] = True
        found.apply(manifest)
        found.reconcile()
        assert found.status["reason"] == "Cancelling"
        assert found.step("b")["status"]["phase"] == "Cancelled"
        manifest["spec"]["cancel"] = False
        found.apply(manifest)
        assert phases(found) == {"a": "Succeeded", "b": "Succeeded"}

    def test_cancelling_what_has_ended_changes_nothing(self) -> None:
        manifest = pipeline(step("a"))
        found = cluster(manifest)
        found.run()
        manifest["spec"]["cancel"] = True
        found.apply(manifest)
        found.run()
        assert found.status["phase"] == "Succeeded"
        assert runs(found) == ["a"]

    def test_suspend_lets_running_steps_finish(self) -> None:
        manifest = pipeline(step("a"), step("b", needs=["a"]))
        found = cluster(manifest)
        found.reconcile()
        manifest["spec"]["suspend"] = True
        found.apply(manifest)
        for _ in range(3):
            found.reconcile()
            found.start_pods()
            found.finish()
        assert found.phases() == {"a": "Succeeded", "b": "Pending"}
        assert found.status["phase"] == "Suspended"
        manifest["spec"]["suspend"] = False
        found.apply(manifest)
        assert phases(found)["b"] == "Succeeded"

    def test_timeout_deletes_what_runs_and_fails_the_pipeline(self) -> None:
        found = cluster(pipeline(step("a"), step("b", needs=["a"]), timeout="30s", **{"finally": [step("f")]}))
        found.reconcile()
        found.start_pods()
        found.reconcile()
        assert found.plan().wake_at is not None
        found.now += 40
        found.reconcile()
        assert found.phases() == {"a": "Cancelled", "b": "Cancelled", "f": "Pending"}
        found.run()
        assert found.status["phase"] == "Failed"
        assert found.status["reason"] == "TimedOut"
        assert found.phases()["f"] == "Succeeded"


class TestNamesThatAreTaken:
    """A Step that the Pipeline does not own has the name of one that it wants."""

    @pytest.mark.parametrize(
        ("owners", "words"), [([], "no Pipeline owns it"), (["another"], "another Pipeline owns it")]
    )
    def test_the_status_says_so_until_it_is_gone(self, owners: list[str], words: str) -> None:
        found = cluster(pipeline(step("a"), step("b")))
        found.create(left("p.a", owners))
        go_on(found)
        assert (found.status["phase"], found.status["reason"]) == ("Running", "NameConflict")
        assert words in found.status["message"]
        assert "p.a" in found.status["message"]
        assert runs(found) == ["b"]
        found.delete("Step", "p.a")
        found.run()
        assert found.status["phase"] == "Succeeded"

    def test_of_finally_too(self) -> None:
        found = cluster(pipeline(step("a"), **{"finally": [step("f")]}))
        found.create(left("p.f"))
        go_on(found)
        assert (found.status["phase"], found.status["reason"]) == ("Running", "NameConflict")

    def test_what_is_left_of_another_pipeline_tells_nothing_about_this_one(self) -> None:
        used = {"resource": "gpu", "reservedSeconds": 1, "busySeconds": 1, "lostSeconds": 0}
        found = cluster(pipeline(step("a"), **{"finally": [step("f")]}))
        found.create(left("p.f", phase="Running", round=1, revision=1, attempts=[{"number": 1}], usage=[used]))
        go_on(found)
        assert "usage" not in found.status
        found.apply(pipeline(step("a"), **{"finally": [step("g")]}))  # an edit does not wait for what is nobody's
        found.run()
        assert found.status["phase"] == "Succeeded"
        assert found.status["history"][0]["ran"] == 1
        assert found.objects["Step", "p.f"]["status"]["phase"] == "Running"


def left(name: str, owners: Sequence[str] = (), **status: Any) -> Object:
    """A Step that some Pipeline made; an orphan unless it has owners (their uids)."""
    references = [{"kind": "Pipeline", "uid": uid, "controller": True} for uid in owners]
    spec = {"image": "x", "fingerprint": "f"}
    return {"kind": "Step", "metadata": {"name": name, "ownerReferences": references}, "spec": spec, "status": status}


def go_on(found: Cluster, times: int = 4) -> None:
    """Lets everything happen that can."""
    for _ in range(times):
        found.reconcile()
        found.start_pods()
        found.now += 1
        found.finish()
        found.reconcile()


class TestReadySince:
    """Who waits longest goes first, so how long a step has waited must be true."""

    def test_a_step_of_an_old_pipeline_that_runs_again_has_not_waited_all_the_while(self) -> None:
        found = cluster(pipeline(step("a"), step("b", needs=["a"])))
        found.run()
        found.now += 86_400
        found.annotate(found.of("Pipeline")[0], labels.RERUN, "token")
        for _ in range(3):
            for write in found.writes_of(replace(found.plan(), ready=[])):
                write()
        found.now += 60
        (ready,) = found.plan().ready
        assert (ready.node.path, ready.since) == ("a", found.now - 60)

    def test_a_step_of_finally_waits_since_all_others_have_ended(self) -> None:
        final = {"finally": [step("f", image="i"), step("g", image="i", inputs={"a": "from:a.x"})]}
        found = cluster(pipeline(step("a", outputs={"x": "Integer"}), step("b"), **final), a={"x": 1})
        found.reconcile()
        found.start_pods()
        found.finish("p.a")
        found.reconcile()
        found.now += 3600
        found.finish("p.b")
        for write in found.writes_of(replace(found.plan(), ready=[])):
            write()
        ended = found.now
        found.now += 60
        assert {ready.node.path: ready.since for ready in found.plan().ready} == {"f": ended, "g": ended}

    def test_a_step_after_instances_that_will_never_be_waits_since_that_was_known(self) -> None:
        many = step("m", forEach={"vars": [{"name": "x", "from": "a.l"}]}, inputs={"x": "each:x"})
        found = cluster(
            pipeline(
                step("a", outputs={"l": "List"}),
                many,
                step("b", after=[{"step": "m", "outcome": "Completed"}]),
                onFailure="Continue",
            ),
            a=1,
        )
        found.reconcile()
        found.start_pods()
        found.finish()
        for _ in range(3):
            for write in found.writes_of(replace(found.plan(), ready=[])):
                write()
        known = found.now
        found.now += 60
        (ready,) = found.plan().ready
        assert (ready.node.path, ready.since) == ("b", known)


def test_the_first_plan_only_takes_the_pipeline_up() -> None:
    found = cluster(pipeline(step("a")))
    plan = found.plan()
    assert plan.pipeline_status is not None
    assert plan.pipeline_status["revision"] == plan.pipeline_status["round"] == 1
    assert plan.create_steps == []
    assert spec(step("a")) == found.of("Pipeline")[0]["spec"]
