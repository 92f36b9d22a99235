"""Edits and reruns: what runs again, and what is reused."""

from typing import Any

import pytest
from tests.unit.builders import cluster, components, phases, pipeline, runs, step

from penstock.core import labels
from penstock.core.pipeline.events import Event, pipeline_event


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

    @pytest.mark.parametrize("own", [None, "Reuse"])
    def test_an_effect_whose_component_says_so_happens_again(self, own: str | None) -> None:
        def manifest(rate: float) -> dict[str, Any]:
            said = {"cache": own} if own else {}
            deploy = step("deploy", component="deploy", inputs={"rate": "param:rate"}, **said)
            return pipeline(deploy, params={"rate": rate})

        using = components(deploy={"image": "i", "cache": "LastRun", "inputs": [{"name": "rate", "type": "Number"}]})
        found = cluster(manifest(0.1), using)
        for rate in (0.1, 0.2, 0.1):
            found.apply(manifest(rate))
            found.run()
        assert runs(found) == ["deploy", "deploy#2", *([] if own else ["deploy#3"])]
        assert found.step("deploy")["spec"].get("cache") == (None if own else "LastRun")

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
        found.apply(pipeline(step("a", duration="2h"), step("b", script="other"), parallelism=1))
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

    def test_what_runs_goes_on_to_its_end_while_an_edit_is_wrong(self) -> None:
        steps = [step("a", outputs={"n": "Integer"}), step("b", needs=["a"])]
        found = cluster(pipeline(*steps), a={"n": 1})
        found.reconcile()
        found.start_pods()
        found.now += 10
        found.reconcile()
        found.apply(pipeline(*steps, step("c", needs=["ghost"])))
        found.reconcile()
        assert (found.status["phase"], found.status["counts"]) == ("Invalid", {"Pending": 1, "Running": 1})
        progressing = next(one for one in found.status["conditions"] if one["type"] == "Progressing")
        assert (progressing["status"], progressing["message"]) == ("False", "nothing new starts; what runs goes on")
        found.finish("p.a")
        found.reconcile()
        assert (found.step("a")["status"]["phase"], found.step("a")["status"]["outputs"]) == ("Succeeded", {"n": 1})
        assert (found.status["phase"], found.status["progress"], runs(found)) == ("Invalid", "1/2", ["a"])
        assert found.plan().finished
        writes = found.writes
        found.reconcile()
        assert found.writes == writes
        found.apply(pipeline(*steps))
        assert found.run()["phase"] == "Succeeded"
        assert runs(found) == ["a", "b"]

    def test_what_fails_while_an_edit_is_wrong_is_tried_again_once_that_is_put_right(self) -> None:
        steps = [step("a", retry={"limit": 1, "backoff": {"initial": "0s"}}, undo={"script": "x"})]
        found = cluster(pipeline(*steps, onFailure="Undo"), a=[1, 0])
        found.reconcile()
        found.start_pods()
        found.apply(pipeline(*steps, step("c", needs=["ghost"]), onFailure="Undo"))
        found.finish("p.a")
        found.reconcile()
        found.now += 60
        found.reconcile()
        assert (found.step("a")["status"]["phase"], runs(found)) == ("Retrying", ["a"])
        found.apply(pipeline(*steps, onFailure="Undo"))
        assert found.run()["phase"] == "Succeeded"
        assert runs(found) == ["a", "a~2"]

    def test_nothing_is_undone_and_nothing_of_finally_runs_while_an_edit_is_wrong(self) -> None:
        steps = [step("a", undo={"script": "x"}), step("b", undo={"script": "x"})]
        more: dict[str, Any] = {"onFailure": "Undo", "finally": [step("last")]}
        found = cluster(pipeline(*steps, **more), a=1)
        found.reconcile()
        found.start_pods()
        found.apply(pipeline(*steps, step("c", needs=["ghost"]), **more))
        for name in ("p.a", "p.b"):
            found.finish(name)
            found.reconcile()
        assert [found.step(name)["status"]["phase"] for name in ("a", "b")] == ["Failed", "Succeeded"]
        assert (len(found.of("Job")), found.status["phase"]) == (2, "Invalid")

    def test_a_wrong_edit_can_cancel_what_runs(self) -> None:
        found = cluster(pipeline(step("a"), step("b", needs=["a"])))
        found.reconcile()
        found.start_pods()
        found.slow = True
        found.apply(pipeline(step("a"), step("b", needs=["ghost"]), cancel=True))
        found.reconcile()
        progressing = next(one for one in found.status["conditions"] if one["type"] == "Progressing")
        assert progressing["message"] == "nothing new starts; what runs is stopped"
        found.purge()
        found.reconcile()
        assert [found.step(name)["status"]["phase"] for name in ("a", "b")] == ["Cancelled", "Cancelled"]
        assert (found.status["phase"], runs(found)) == ("Invalid", ["a"])
        found.purge()
        assert found.of("Job") == []

    def test_a_wrong_edit_of_what_has_ended_changes_no_step(self) -> None:
        for code in (0, 1):
            found = cluster(pipeline(step("a"), step("b", needs=["a"]), **{"finally": [step("last")]}), a=code)
            found.run()
            before = [found.step(name)["status"] for name in ("a", "b", "last")]
            found.apply(pipeline(step("a"), step("b", needs=["ghost"])))
            found.run()
            assert [found.step(name)["status"] for name in ("a", "b", "last")] == before
            assert found.status["phase"] == "Invalid"

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

    @pytest.mark.parametrize("bad", [0, 1])
    def test_one_that_names_no_step_is_answered_and_uses_nothing_up(self, bad: int) -> None:
        found = cluster(pipeline(step("train"), step("b", needs=["train"])), b=bad)
        found.run()
        before, kept = found.status, len(found.of("ControllerRevision"))
        words = "pipeline 'p' has no step 'trian'; did you mean train?"
        for number, token in enumerate(("t", "u")):
            asked, old = f"{token} from=trian", found.status
            found.annotate(found.of("Pipeline")[0], labels.RERUN, asked)
            found.reconcile()
            found.run()
            assert found.status["rerun"] == asked
            assert pipeline_event(old, found.status) == Event("Rerun", "UnknownStep", words, warning=True), number
            last = found.status["conditions"][-1]
            assert (last["type"], last["status"], last["message"]) == ("Rerun", "False", words)
        assert {**found.status, "rerun": None, "conditions": found.status["conditions"][:-1]} == {
            **before,
            "rerun": None,
        }
        assert len(found.of("ControllerRevision")) == kept
        assert runs(found) == ["train", "b"]
        found.annotate(found.of("Pipeline")[0], labels.RERUN, "v from=train")
        found.run()
        assert runs(found)[2:] == ["train#2", "b#2"]
        assert "Rerun" not in [one["type"] for one in found.status["conditions"]]

    def test_one_that_names_no_step_does_not_hold_up_an_edit(self) -> None:
        found = cluster(pipeline(step("a")))
        found.run()
        found.annotate(found.of("Pipeline")[0], labels.RERUN, "t from=nothing")
        found.apply(pipeline(step("a", script="other")))
        found.run()
        assert runs(found) == ["a", "a#2"]
        assert found.status["conditions"][-1]["message"] == "pipeline 'p' has no step 'nothing'"

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


def test_nothing_has_ended_while_the_pod_of_a_removed_step_runs() -> None:
    found = cluster(pipeline(step("a"), step("old")))
    found.slow = True
    found.reconcile()
    found.start_pods()
    found.finish("p.a")
    found.reconcile()
    found.apply(pipeline(step("a")))
    found.reconcile()
    assert found.phases()["a"] == "Succeeded"
    assert (found.status["phase"], found.status["reason"]) == ("Running", "Replacing")
    assert found.status["message"] == "waits for the end of pods that count no more, of 'old'"
    assert "completionTime" not in found.status
    found.purge()
    found.reconcile()
    assert (found.status["phase"], found.status["reason"]) == ("Succeeded", "Completed")
    assert runs(found) == ["a", "old"]


def test_what_has_ended_stays_so_when_a_pod_goes_before_its_job_was_seen_to_end() -> None:
    found = cluster(pipeline(step("a")))
    found.reconcile()
    found.start_pods()
    found.end_pods()
    found.reconcile()
    assert found.status["phase"] == "Succeeded"
    for pod in found.of("Pod"):
        found.delete("Pod", pod["metadata"]["name"])
    found.reconcile()
    assert found.status["phase"] == "Succeeded"


@pytest.mark.parametrize("rerun", [False, True])
@pytest.mark.parametrize("seconds", [0, 1, 10])
def test_nothing_starts_beside_a_step_of_finally_that_has_just_begun(seconds: float, rerun: bool) -> None:
    """Its status says so only later."""

    def manifest(words: str) -> dict[str, Any]:
        return pipeline(step("a", script=words), **{"finally": [step("clean")]})

    found = cluster(manifest("one"))
    found.reconcile()
    found.start_pods()
    found.finish("p.a")
    found.reconcile()
    assert runs(found) == ["a", "clean"]
    found.start_pods()
    found.now += seconds
    found.reconcile()
    if rerun:
        found.annotate(found.of("Pipeline")[0], labels.RERUN, "t")
    else:
        found.apply(manifest("two"))
    found.reconcile()
    assert (runs(found), found.status["reason"]) == (["a", "clean"], "Finally")
    found.end_pods()
    found.reconcile()
    assert found.step("clean")["status"]["lastRun"] == 1
    found.run()
    assert runs(found) == ["a", "clean", "a#2", "clean#2"]
