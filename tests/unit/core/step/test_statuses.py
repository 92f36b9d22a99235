"""Conditions and what makes a status worth writing."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, pipeline, step

from penstock.cli.show.ages import span
from penstock.core.pipeline.lifecycle import Rerun, parse_rerun
from penstock.core.step.status import differs


def conditions(obj: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["status"] for one in obj["status"]["conditions"]}


def transitions(found: Cluster) -> dict[str, str]:
    return {one["type"]: one["lastTransitionTime"] for one in found.status["conditions"]}


@pytest.mark.parametrize(
    ("code", "complete", "failed"), [(0, "True", "False"), (1, "False", "True")], ids=["success", "failure"]
)
def test_conditions_of_a_pipeline_and_its_steps_at_the_end(code: int, complete: str, failed: str) -> None:
    found = cluster(pipeline(step("a")), a=code)
    found.run()
    wanted = {"Accepted": "True", "Progressing": "False", "Finished": "True", "Complete": complete, "Failed": failed}
    assert conditions(found.of("Pipeline")[0]) == wanted
    of_step = conditions(found.step("a"))
    assert of_step["Finished"] == "True"
    assert of_step["Failed" if code else "Complete"] == "True"


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    found = cluster(pipeline(step("a"), step("b", needs=["a"])))
    found.reconcile()
    before = transitions(found)
    found.now += 100
    found.start_pods()
    found.finish("p.a")
    found.reconcile()
    assert transitions(found) == before
    found.run()
    after = transitions(found)
    assert after["Accepted"] == before["Accepted"]
    assert after["Finished"] != before["Finished"]


def test_an_invalid_pipeline_is_finished_and_lists_its_problems() -> None:
    found = cluster(pipeline(*(step(f"s{number}", needs=["ghost"]) for number in range(60))))
    found.reconcile()
    assert found.status["phase"] == "Invalid"
    assert len(found.status["problems"]) == 50
    assert found.status["problems"][0]["path"] == "spec.steps[0].needs[0]"
    assert "(and 59 more; see status.problems)" in found.status["message"]
    wanted = {"Accepted": "False", "Progressing": "False", "Finished": "True", "Complete": "False"}
    assert wanted.items() <= conditions(found.of("Pipeline")[0]).items()
    assert found.started == []


def test_failed_steps_are_listed_up_to_ten() -> None:
    steps = [step(f"s{number:02}") for number in range(12)]
    found = cluster(pipeline(*steps, onFailure="Continue"), **{f"s{number:02}": 3 for number in range(12)})  # type: ignore[arg-type]
    found.run()
    assert [one["name"] for one in found.status["failedSteps"]] == [f"s{number:02}" for number in range(10)]
    assert found.status["failedSteps"][0]["message"] == "exit code 3: it failed"
    assert "(and 11 more)" in found.status["message"]


def test_outputs_of_the_pipeline_are_bounded() -> None:
    found = cluster(
        pipeline(
            step("a", outputs={"s": "String"}, each={"x": range(20)}),
            outputs=[{"name": "all", "from": "a.s"}],
        ),
        **{f"a__{number}": {"s": "x" * 4000} for number in range(20)},  # type: ignore[arg-type]
    )
    found.run()
    assert isinstance(found.status["outputs"]["all"], str)
    assert found.status["outputs"]["all"].endswith("…")


@pytest.mark.parametrize(
    ("old", "new", "says_something"),
    [
        ({}, {"phase": "Pending", "observedGeneration": 2}, False),
        ({"phase": "Running", "run": 1}, {"phase": "Running", "run": 2}, True),
        ({"phase": "Failed", "round": 1}, {"phase": "Failed", "round": 2, "completionTime": "t"}, True),
        ({"phase": "Skipped", "round": 1}, {"phase": "Skipped", "round": 2, "completionTime": "t"}, False),
        ({"phase": "Succeeded", "outputs": {"n": 1}}, {"phase": "Succeeded", "outputs": {"n": 2}}, True),
    ],
)
def test_what_makes_a_status_worth_writing(old: dict[str, Any], new: dict[str, Any], says_something: bool) -> None:
    assert differs(old, new) is says_something


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (None, None),
        ("  ", None),
        ("t", Rerun("t")),
        ("t from=a", Rerun("t from=a", "a")),
        ("t  only=a.b", Rerun("t only=a.b", "a.b", only=True)),
        ("t from=", Rerun("t")),
        ("t unknown", Rerun("t")),
        ("x" * 500, Rerun("x" * 200)),
    ],
)
def test_what_a_rerun_annotation_asks_for(words: str | None, asked: Rerun | None) -> None:
    assert parse_rerun(words) == asked


def test_a_duration_is_told_as_kubectl_and_get_tell_it() -> None:
    found = cluster(pipeline(step("a")))
    found.reconcile()
    found.start_pods()
    found.reconcile()
    found.now += 101
    found.finish()
    found.reconcile()
    assert found.status["duration"] == span(found.status["startTime"], found.status["completionTime"], 0) == "101s"


def test_conditions_that_do_not_hold_say_why() -> None:
    def reasons(found: Cluster) -> dict[str, tuple[str, str]]:
        return {one["type"]: (one["status"], one["reason"]) for one in found.status["conditions"]}

    found = cluster(pipeline(step("a"), step("b", needs=["a"])), a=[1])
    for write in found.writes_of(found.plan()):
        write()
    assert reasons(found)["Failed"] == reasons(found)["Finished"] == ("False", "Preparing")
    found.reconcile()
    found.start_pods()
    found.reconcile()
    assert reasons(found)["Failed"] == reasons(found)["Complete"] == ("False", "Running")
    found.finish()
    found.reconcile()
    assert reasons(found) == {
        "Accepted": ("True", "Accepted"),
        "Progressing": ("False", "Failed"),
        "Finished": ("True", "Failed"),
        "Complete": ("False", "Failed"),
        "Failed": ("True", "Failed"),
    }
