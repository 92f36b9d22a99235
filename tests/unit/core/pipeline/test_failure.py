"""What a failure means for the other steps and for the Pipeline, and what becomes of values that there are not."""

import json

from tests.unit.builders import cluster, job_env, phases, pipeline, step

from penstock.core import labels


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
