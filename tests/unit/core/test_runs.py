"""From manifest to end: what starts, in which order, and how everything ends."""

import json
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, components, pipeline, runs, spec, step

from penstock.core import labels


def phases(found: Cluster) -> dict[str, str]:
    found.run()
    return found.phases()


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


def job_env(job: dict[str, Any]) -> dict[str, str]:
    container = job["spec"]["template"]["spec"]["containers"][0]
    return {one["name"]: one.get("value", "") for one in container["env"]}


class TestFanOut:
    def test_the_last_variable_varies_fastest_and_lists_are_in_index_order(self) -> None:
        found = cluster(
            pipeline(
                step(
                    "t",
                    each={"m": ["a", "b"], "d": range(1, 3)},
                    inputs={"m": "each:m", "d": "each:d"},
                    outputs={"l": "String"},
                ),
                step("all", inputs={"l": "from:t.l"}),
            ),
            **{f"t__{number}": {"l": str(number)} for number in range(4)},  # type: ignore[arg-type]
        )
        found.run()
        env = [job_env(job) for job in found.of("Job")]
        assert [(one["INPUT_M"], one["INPUT_D"]) for one in env if one["PENSTOCK_STEP"].startswith("t.")] == [
            ("a", "1"),
            ("a", "2"),
            ("b", "1"),
            ("b", "2"),
        ]
        assert [one["INPUT_L"] for one in env if one["PENSTOCK_STEP"] == "all"] == ['["0","1","2","3"]']

    @pytest.mark.parametrize(
        ("produced", "phase", "words"),
        [
            ([], "Succeeded", ""),
            (7, "Failed", "expected List, got Integer 7"),
            (list(range(10_001)), "Failed", "the Pipeline has more than 10,000 Steps"),
        ],
    )
    def test_lists_of_other_lengths(self, produced: object, phase: str, words: str) -> None:
        found = cluster(
            pipeline(
                step("many", each={"x": "a.o"}, inputs={"x": "each:x"}, outputs={"n": "Integer"}),
                step("a", component="any"),
                step("end", inputs={"n": {"from": "many.n", "default": 0}}),
            ),
            using=components(any={"image": "i", "outputs": {"o": "List"}}),
            a={"o": produced} if isinstance(produced, list) and len(produced) < 100 else {"o": []},
        )
        if not (isinstance(produced, list) and len(produced) < 100):
            found.reconcile()
            found.start_pods()
            found.finish()
            found.reconcile()
            result = found.step("a")["status"]
            result["outputs"]["o"] = result["results"][0]["outputs"]["o"] = produced
            found.changed(found.step("a"))
        found.run()
        assert found.status["phase"] == phase
        if words:
            assert words in found.step("many")["status"]["message"]
            assert found.step("many")["status"]["reason"] == "InvalidList"

    def test_a_list_with_holes_skips_what_runs_over_it(self) -> None:
        found = cluster(
            pipeline(
                step("a", each={"x": [1, 2]}, outputs={"n": "Integer"}, onError="Continue"),
                step("b", each={"y": "a.n"}, inputs={"y": "each:y"}),
            ),
            a__0={"n": 1},
            a__1=1,
        )
        assert phases(found)["b"] == "Skipped"
        assert found.status["phase"] == "Succeeded"

    def test_composites_fan_out_as_a_whole(self) -> None:
        pair = {
            "inputs": [{"name": "n", "type": "Integer"}],
            "outputs": [{"name": "r", "type": "Integer", "from": "two.r"}],
            "steps": [
                step("one", inputs={"n": "param:n"}, outputs={"r": "Integer"}, image="i"),
                step("two", inputs={"n": "from:one.r"}, outputs={"r": "Integer"}, image="i"),
            ],
        }
        found = cluster(
            pipeline(
                step("p", component="pair", each={"n": [1, 2]}, inputs={"n": "each:n"}),
                step("sum", inputs={"rs": "from:p.r"}),
            ),
            using=components(pair=pair),
            **{f"p__{n}__{name}": {"r": 10 * n + k} for n in (0, 1) for k, name in enumerate(["one", "two"])},  # type: ignore[arg-type]
        )
        assert phases(found) == dict.fromkeys(("p.0.one", "p.0.two", "p.1.one", "p.1.two", "sum"), "Succeeded")
        env = {job_env(job)["PENSTOCK_STEP"]: job_env(job) for job in found.of("Job")}
        assert env["p.1.two"]["INPUT_N"] == "10"
        assert env["sum"]["INPUT_RS"] == "[1,11]"

    def test_max_parallel_and_parallelism(self) -> None:
        found = cluster(
            pipeline(step("m", each={"x": range(5)}, inputs={"x": "each:x"}), step("a"), step("b"), parallelism=3)
        )
        found.of("Pipeline")[0]["spec"]["steps"][0]["forEach"]["maxParallel"] = 2
        found.reconcile()
        assert runs(found) == ["m.0", "m.1", "a"]
        held = {one.step.path: reason for one, reason, _ in found.plan().held}
        assert held == dict.fromkeys(["m.2", "m.3", "m.4", "b"], "Parallelism")


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


class TestEdits:
    def test_what_changed_and_what_depends_on_it_runs(self) -> None:
        def manifest(rate: float) -> dict[str, Any]:
            return pipeline(
                step("prepare"),
                step("train", inputs={"lr": "param:lr"}, needs=["prepare"], outputs={"m": "String"}),
                step("deploy", inputs={"m": "from:train.m"}, cache="LastRun"),
                params={"lr": rate},
            )

        found = cluster(manifest(0.1), train={"m": "x"})
        found.run()
        found.apply(manifest(0.2))
        found.run()
        assert runs(found) == ["prepare", "train", "deploy", "train#2", "deploy#2"]
        found.apply(manifest(0.1))
        found.run()
        assert runs(found)[5:] == ["deploy#3"]
        assert found.step("train")["status"]["reason"] == "Reused"
        assert found.status["revision"] == 3
        found.apply({**manifest(0.1), "spec": {**manifest(0.1)["spec"], "description": "same"}})
        found.run()
        assert len(found.started) == 6
        assert found.status["revision"] == 3

    def test_a_failed_pipeline_goes_on_from_what_failed(self) -> None:
        manifest = pipeline(step("a"), step("b", needs=["a"]), step("c", needs=["b"]))
        found = cluster(manifest, b=[1, 0])
        assert phases(found) == {"a": "Succeeded", "b": "Failed", "c": "Skipped"}
        manifest["spec"]["steps"][1]["resources"] = {"requests": {"cpu": "1"}}
        found.apply(manifest)
        assert phases(found) == {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}
        assert runs(found) == ["a", "b", "b#2", "c"]
        assert found.status["revision"] == 1

    def test_a_run_that_an_edit_ended_keeps_its_number_while_the_next_one_is_held_back(self) -> None:
        found = cluster(pipeline(step("b")))
        found.reconcile()
        found.start_pods()
        found.now += 10
        found.reconcile()
        found.apply(pipeline(step("a"), step("b", script="other"), parallelism=1))
        found.now += 10
        found.reconcile()
        status = found.step("b")["status"]
        assert (status["reason"], status["lastRun"]) == ("Parallelism", 1)
        found.run()
        assert runs(found) == ["b", "a", "b#2"]

    def test_an_edit_while_a_failure_stops_the_rest_goes_on_from_what_failed(self) -> None:
        manifest = pipeline(step("bad"), step("slow"), step("next", needs=["bad"]))
        found = cluster(manifest, bad=[1, 0])
        found.reconcile()
        found.start_pods()
        found.finish("p.bad")
        found.reconcile()
        assert found.status["reason"] == "Stopping"
        manifest["spec"]["steps"][0]["timeout"] = "5m"
        found.apply(manifest)
        assert phases(found) == {"bad": "Succeeded", "slow": "Succeeded", "next": "Succeeded"}
        assert runs(found) == ["bad", "slow", "bad#2", "next"]

    def test_a_step_that_fails_in_a_later_round_than_it_began_in_stays_failed(self) -> None:
        manifest = pipeline(step("bad"), step("slow"), onFailure="Continue")
        found = cluster(manifest, bad=[1, 0], slow=1)
        found.reconcile()
        found.start_pods()
        found.finish("p.bad")
        found.reconcile()
        manifest["spec"]["description"] = "round two"
        found.apply(manifest)
        found.run()
        assert runs(found) == ["bad", "slow", "bad#2"]

    def test_an_invalid_edit_of_a_failed_pipeline_put_right_goes_on(self) -> None:
        manifest = pipeline(step("a"))
        found = cluster(manifest, a=[1, 0])
        found.run()
        found.apply(pipeline(step("a", needs=["ghost"])))
        found.run()
        assert found.status["phase"] == "Invalid"
        found.apply(pipeline(step("a", timeout="1m")))
        found.run()
        assert found.status["phase"] == "Succeeded"

    def test_removed_steps_go_and_new_ones_come(self) -> None:
        found = cluster(pipeline(step("a"), step("b")))
        found.run()
        found.apply(pipeline(step("a"), step("c", needs=["a"])))
        assert phases(found) == {"a": "Succeeded", "c": "Succeeded"}
        assert runs(found) == ["a", "b", "c"]

    def test_all_steps_may_go(self) -> None:
        found = cluster(pipeline(step("a"), step("b")))
        found.run()
        found.apply(pipeline(step("none", each={"x": []})))
        assert phases(found) == {}
        assert found.status["phase"] == "Succeeded"

    def test_a_running_step_that_changed_starts_once_its_old_pod_is_gone(self) -> None:
        found = cluster(pipeline(step("a", script="one")))
        found.slow = True
        found.reconcile()
        found.start_pods()
        found.apply(pipeline(step("a", script="two")))
        found.reconcile()
        assert runs(found) == ["a"]
        assert [verdict.reason for _, verdict in found.plan().verdicts] == ["Replacing"]
        found.purge()
        found.reconcile()
        assert runs(found) == ["a", "a#2"]

    def test_an_abandoned_run_keeps_its_number(self) -> None:
        """Else the next one would write into the directories of the one before."""
        found = cluster(pipeline(step("a"), step("b", needs=["a"])))
        found.reconcile()
        found.start_pods()
        found.finish("p.a")
        found.reconcile()
        found.start_pods()
        found.apply(pipeline(step("a", script="new"), step("b", needs=["a"])))
        found.run()
        assert runs(found) == ["a", "b", "a#2", "b#2"]

    def test_hand_edits_of_owned_steps_are_put_back(self) -> None:
        found = cluster(pipeline(step("a")))
        found.run()
        before = found.step("a")["spec"]
        found.set_spec(found.step("a"), {**before, "image": "other"})
        found.reconcile()
        assert found.step("a")["spec"] == before
        assert runs(found) == ["a"]

    def test_never_runs_once_per_revision_and_so_do_its_descendants(self) -> None:
        def manifest(word: str, **fields: Any) -> dict[str, Any]:
            return pipeline(step("n", cache="Never"), step("d", needs=["n"]), step("x", script=word), **fields)

        found = cluster(manifest("1"))
        found.run()
        found.apply(manifest("1", priority=4))
        found.run()
        assert runs(found) == ["n", "x", "d"]
        found.apply(manifest("2"))
        found.run()
        assert runs(found)[3:] == ["n#2", "x#2", "d#2"]


class TestReruns:
    @pytest.mark.parametrize(
        ("words", "ran"),
        [
            ("t", ["a#2", "x#2", "b#2", "c#2"]),
            ("t from=b", ["b#2", "c#2"]),
            ("t from=nothing", []),
        ],
    )
    def test_which_steps(self, words: str, ran: list[str]) -> None:
        found = cluster(pipeline(step("a"), step("b", needs=["a"]), step("c", needs=["b"]), step("x")))
        found.run()
        found.annotate(found.of("Pipeline")[0], labels.RERUN, words)
        found.reconcile()
        found.run()
        assert sorted(runs(found)[4:]) == sorted(ran)
        assert found.status["rerun"] == words
        assert found.status["phase"] == "Succeeded"

    def test_a_token_that_was_there_from_the_start_asks_for_nothing(self) -> None:
        manifest = pipeline(step("a"))
        manifest["metadata"]["annotations"] = {labels.RERUN: "t"}
        found = cluster(manifest)
        found.run()
        assert runs(found) == ["a"]

    def test_nothing_starts_before_the_spec_says_which_results_are_dropped(self) -> None:
        found = cluster(pipeline(step("a")))
        found.run()
        found.annotate(found.of("Pipeline")[0], labels.RERUN, "t")
        for write in found.writes_of(found.plan()):
            write()
        plan = found.plan()
        assert plan.replace_specs
        assert not plan.ready
        found.run()
        assert runs(found) == ["a", "a#2"]


def test_a_step_of_somebody_else_is_named() -> None:
    found = cluster(pipeline(step("a")))
    found.create({"kind": "Step", "metadata": {"name": "p.a"}, "spec": {"image": "x"}})
    observed = found.observe()
    (stranger,) = observed.steps.values()
    assert stranger.owner is None
    assert stranger.path == "p.a"


def test_the_first_plan_only_takes_the_pipeline_up() -> None:
    found = cluster(pipeline(step("a")))
    plan = found.plan()
    assert plan.pipeline_status is not None
    assert plan.pipeline_status["revision"] == plan.pipeline_status["round"] == 1
    assert plan.create_steps == []
    assert spec(step("a")) == found.of("Pipeline")[0]["spec"]
