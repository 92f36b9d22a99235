"""The examples, as whoever wrote them would test them: without a cluster, and in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.testing import Crash, Fake, Lost, Result, run

CHECKOUT = Path(__file__).parents[3]
EXAMPLES = CHECKOUT / "examples"


def test_hello_passes_a_text_along() -> None:
    assert run(EXAMPLES / "hello.yaml", params={"who": "moon"}).outputs == {"greeting": "Hello, moon!", "letters": 12}


@pytest.mark.parametrize(
    ("fresh", "ran", "deployed"), [(120, "train", "trained on 120 new rows"), (20, "keep", "the last one")]
)
def test_one_branch_runs_and_both_meet(fresh: int, ran: str, deployed: str) -> None:
    result = run(EXAMPLES / "branches.yaml", params={"fresh": fresh})
    assert result.order == ["count", ran, "deploy", "summary"]
    assert result.outputs["deployed"] == deployed
    assert result.outputs["trained"] is (ran == "train")


def test_the_last_model_is_put_back_only_if_deploying_failed() -> None:
    result = run(EXAMPLES / "branches.yaml", replace={"deploy": Fake(fails=[Crash(message="no such host")])})
    assert (result.phase, result.order[-2:]) == ("Failed", ["restore", "summary"]), result
    assert result.steps["summary"].outputs["line"] == "training Succeeded, deployment Failed"


def test_the_sweep_tries_all_combinations_three_at_a_time_and_takes_the_best() -> None:
    def score(kernel: str, depth: int) -> dict[str, Any]:
        return {"label": f"{kernel}-{depth}", "accuracy": 0.9 if (kernel, depth) == ("linear", 2) else 0.5}

    result = run(EXAMPLES / "sweep.yaml", replace={"score": Fake(score, seconds=600)})
    assert result.outputs == {"best": "linear-2"}
    assert result.peak(steps="score.*") == 3
    assert len(result.order) == 7
    assert run(EXAMPLES / "sweep.yaml").outputs == {"best": "radial-3"}


def test_the_nightly_report_is_of_the_day_of_its_tick() -> None:
    schedule = yaml.safe_load((EXAMPLES / "nightly.yaml").read_text())
    spec = schedule["spec"]["pipelineTemplate"]["spec"]
    made = {"apiVersion": schedule["apiVersion"], "kind": "Pipeline", "metadata": {"name": "nightly"}, "spec": spec}
    result = run(made, params={"scheduledTime": "2026-07-01T00:30:00Z"})
    assert result.steps["report"].outputs == {"day": "2026-07-01"}


REPORT = {"algorithm": "SupportVectors", "interval": [0.9, 1.0], "mistakes": [], "confusion": "a picture"}
LEARNING = pytest.mark.parametrize(
    ("name", "candidates"),
    [("digits", ["logistic", "vectors", "forest"]), ("fortunes", ["bayes", "logistic", "vectors"])],
)


@LEARNING
@pytest.mark.parametrize(("accuracy", "packed"), [(0.97, True), (0.94, False)])
def test_only_a_model_that_is_good_enough_is_packed(
    name: str, candidates: list[str], accuracy: float, packed: bool
) -> None:
    result = run(
        EXAMPLES / f"{name}.yaml",
        replace={"*": Fake(seconds=60), "train-*": Fake(seconds=3600), "report": {**REPORT, "accuracy": accuracy}},
    )
    assert result.phase == "Succeeded", result
    assert ("package" in result.order) is packed
    assert result.outputs["accuracy"] == accuracy
    assert result.outputs["confusion"].read_text() == "a picture"
    assert set(result.order[2:5]) == {f"train-{one}" for one in candidates}
    assert result.peak(steps="train-*") == 3
    assert result.seconds == pytest.approx(3600 + 60 * (5 if packed else 4), abs=120)


@LEARNING
def test_what_is_chosen_is_the_model_of_the_candidate_that_validated_best(name: str, candidates: list[str]) -> None:
    best = candidates[1]
    marked = {f"train-{one}": {"model": one} for one in candidates}
    scored = {f"validate-{one}": {"accuracy": 0.9 if one == best else 0.5} for one in candidates}

    def choose(**given: Any) -> dict[str, Any]:
        letter = max("abc", key=lambda one: given[f"accuracy_{one}"])
        return {"model": given[f"model_{letter}"], "algorithm": best, "accuracy": 0.9, "ranking": []}

    reported = []

    def report(model: Path) -> dict[str, Any]:
        reported.append(model.read_text())
        return {**REPORT, "accuracy": 1.0, "baseline": 0.1, "macro-f1": 1.0}

    replace = {**marked, **scored, "choose": choose, "report": report, "*": None}
    assert run(EXAMPLES / f"{name}.yaml", replace=replace).phase == "Succeeded"
    assert reported == [best]


def test_an_edit_of_the_goal_trains_nothing_anew(tmp_path: Path) -> None:
    def again(**params: Any) -> Result:
        replace = {"*": Fake(seconds=600), "report": {**REPORT, "accuracy": 0.97}}
        return run(EXAMPLES / "digits.yaml", params=params, replace=replace, folder=tmp_path)

    assert len(again(goal=0.99).order) == 10
    lower = again(goal=0.95)
    assert (lower.order, lower.steps["package"].phase) == (["package"], "Succeeded")
    higher = again(goal=0.99)
    assert (higher.order, higher.steps["package"].phase) == ([], "Skipped")
    assert again(copies=4).order[0] == "augment"


def test_a_node_that_is_lost_costs_its_step_alone() -> None:
    lost = Fake(seconds=3600, fails=[Lost()])
    result = run(EXAMPLES / "digits.yaml", replace={"*": None, "train-forest": lost})
    assert result.phase == "Succeeded", result
    assert {name: len(step.attempts) for name, step in result.steps.items() if len(step.attempts) > 1} == {
        "train-forest": 2
    }


def test_the_example_in_python_takes_up_what_the_one_in_yaml_has_done(tmp_path: Path) -> None:
    replace = {"*": Fake(seconds=600), "report": {**REPORT, "accuracy": 0.97}}
    assert len(run(EXAMPLES / "digits.yaml", replace=replace, folder=tmp_path).order) == 11
    assert run(EXAMPLES / "digits.py", replace=replace, folder=tmp_path).order == []
