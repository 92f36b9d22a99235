"""The example of recommendation, as whoever wrote it would test it: without a cluster, in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.testing import Crash, Fake, Result, run

FILE = Path(__file__).parents[3] / "examples/recommend.yaml"
FOUND = {"recall": 0.18, "ndcg": 0.16, "coverage": 0.2, "new-recall": 0.3, "table": [], "picture": "bars"}
NO_GPU = {"nvidia.com/gpu": "0"}


def recommend(folder: Path | None = None, params: dict[str, Any] | None = None, **other: Any) -> Result:
    """With `validate` saying that a blend is as good as its mark, and `choose` taking the best."""

    def mix(behaviour: Path, text: Path, weight: float) -> dict[str, Any]:
        return {"model": f"{weight:g} of {text.read_text()}, the rest of {behaviour.read_text()}"}

    def validate(model: Path) -> dict[str, Any]:
        return {"recall": 0.2 - abs(float(model.read_text().partition(" ")[0]) - 0.3), "picture": ""}

    def choose(models: list[Path], accuracies: list[float]) -> dict[str, Any]:
        best = accuracies.index(max(accuracies))
        return {"model": models[best].read_text(), "algorithm": "Hybrid", "accuracy": max(accuracies), "ranking": []}

    trained = {f"train-{one}": Fake({"model": one}, seconds=600) for one in ("gpu", "cpu", "text")}
    replace = {"*": Fake(seconds=60), **trained, "blend.mix": mix, "blend.validate": validate, "choose": choose}
    replace |= {"report": FOUND, **other.pop("replace", {})}
    return run(FILE, folder=folder, params=params or {}, replace=replace, **{"approve": ["sign-off"], **other})


def test_behaviour_is_learned_on_a_gpu_beside_text_and_nothing_else_waits_for_it() -> None:
    result = recommend()
    assert result.phase == "Succeeded", result
    assert (result.steps["train-gpu"].phase, result.steps["train-cpu"].phase) == ("Succeeded", "Skipped")
    assert result.peak("nvidia.com/gpu") == 1
    assert result.peak(steps="train-*") == 2
    assert result.seconds == pytest.approx(60 + 600 + 60, abs=90)


def test_without_a_gpu_the_processor_takes_over_in_seconds_and_the_model_is_the_best_blend() -> None:
    reported: list[str] = []

    def report(model: Path, behaviour: Path, text: Path, baselines: list[Path]) -> dict[str, Any]:
        reported.extend([model.read_text(), behaviour.read_text(), text.read_text(), str(len(baselines))])
        return FOUND

    result = recommend(capacity=NO_GPU, replace={"report": report})
    assert result.phase == "Succeeded", result
    gpu, cpu = result.steps["train-gpu"], result.steps["train-cpu"]
    assert (gpu.phase, gpu.reason, cpu.phase) == ("Failed", "NeverFits", "Succeeded")
    assert not gpu.attempts
    started = {attempt.step: attempt.started for attempt in result.attempts}
    assert abs(started["train-cpu"] - started["train-text"]) < 5
    assert reported == ["0.3 of text, the rest of cpu", "cpu", "text", "2"]


def test_a_gpu_that_breaks_down_is_no_end_either() -> None:
    result = recommend(replace={"train-gpu": Fake(seconds=60, fails=[Crash(1)])})
    assert result.phase == "Succeeded", result
    assert result.steps["train-cpu"].phase == "Succeeded"


def test_another_weight_blends_and_validates_that_one_alone(tmp_path: Path) -> None:
    recommend(tmp_path)
    again = recommend(tmp_path, {"weights": [0.05, 0.1, 0.2, 0.35, 0.5]})
    assert again.phase == "Succeeded", again
    assert set(again.order) == {"blend.3.mix", "blend.3.validate", "choose", "report", "package"}


@pytest.mark.parametrize("poor", ["recall", "new-recall"])
def test_nobody_is_asked_about_a_model_that_is_not_good_enough(poor: str) -> None:
    result = recommend(replace={"report": {**FOUND, poor: 0.16}}, approve=[])
    assert result.phase == "Succeeded", result
    assert [result.steps[name].phase for name in ("package", "sign-off")] == ["Skipped", "Skipped"]
    assert result.outputs["approved"] is False


def test_who_says_no_is_obeyed() -> None:
    assert (recommend(approve=[], reject=["sign-off"]).phase, recommend().outputs["approved"]) == ("Failed", True)
