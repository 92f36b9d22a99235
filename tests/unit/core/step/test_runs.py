"""From manifest to end: what starts, in which order and since when it was ready, and what runs finally."""

from dataclasses import replace

import pytest
from tests.unit.builders import cluster, phases, pipeline, runs, spec, step

from penstock.core import labels


def test_the_first_plan_only_takes_the_pipeline_up() -> None:
    found = cluster(pipeline(step("a")))
    plan = found.plan()
    assert plan.pipeline_status is not None
    assert plan.pipeline_status["revision"] == plan.pipeline_status["round"] == 1
    assert plan.create_steps == []
    assert spec(step("a")) == found.of("Pipeline")[0]["spec"]


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
