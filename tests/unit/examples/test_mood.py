"""The example of finance mood, as whoever wrote it would test it: without a cluster, in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.testing import Fake, Result, run

CHECKOUT = Path(__file__).parents[3]
COMPONENTS = sorted((CHECKOUT / "components").glob("*/component.yaml"))
TREND = {
    "alarm": False,
    "verdict": "Quiet",
    "window": "2021-01-01",
    "share": 0.2,
    "count": 40,
    "alarms": ["1859-01-01"],
}


def mood(labelled: bool, accuracy: float = 0.8) -> tuple[Result, list[str]]:
    """With texts that are `labelled` or not, and a best model of this accuracy; and what the trend is made of."""
    read: list[str] = []

    def collect() -> dict[str, Any]:
        found = {"posts": "texts", "count": 9, "first": "1790-01-01", "last": "2021-01-01", "labelled": labelled}
        return found | ({"dataset": "labels"} if labelled else {})

    def trend(found: Path) -> dict[str, Any]:
        read.append(found.read_text())
        return {**TREND, "picture": "a curve"}

    def choose(models: list[Path], accuracies: list[float]) -> dict[str, Any]:
        assert len(models) == len(accuracies) == 3
        return {"model": "best", "algorithm": "LogisticRegression", "accuracy": max(accuracies), "ranking": []}

    report = {"algorithm": "LogisticRegression", "accuracy": accuracy, "interval": [0.7, 0.9], "baseline": 0.5}
    result = run(
        [*COMPONENTS, CHECKOUT / "examples/mood.yaml"],
        replace={
            "*": Fake(seconds=60),
            "collect": collect,
            "lexicon": {"found": "by words", "count": 8, "share": 0.3},
            "choose": choose,
            "report": {**report, "macro-f1": 0.5, "mistakes": [], "confusion": "a picture"},
            "learned": lambda algorithm: {"found": f"by {algorithm}", "count": 9, "share": 0.4},
            "trend": trend,
        },
    )
    assert result.phase == "Succeeded", result
    return result, read


def test_without_labels_the_lexicon_tells_and_no_model_is_trained() -> None:
    result, read = mood(labelled=False)
    assert result.order == ["collect", "lexicon", "trend"]
    assert read == ["by words"]
    assert result.outputs["alarms"] == ["1859-01-01"]


@pytest.mark.parametrize(("accuracy", "packed"), [(0.8, "Succeeded"), (0.7, "Skipped")])
def test_with_labels_the_best_of_three_models_tells_and_is_packed_if_it_is_good(accuracy: float, packed: str) -> None:
    result, read = mood(labelled=True, accuracy=accuracy)
    assert read == ["by LogisticRegression"]
    assert result.peak(steps="candidates.*.train") == 3
    assert (result.steps["package"].phase, result.outputs["accuracy"]) == (packed, accuracy)


def watch(**given: Any) -> Result:
    """One tick of the schedule."""
    schedule = yaml.safe_load((CHECKOUT / "examples/mood-watch.yaml").read_text())
    spec = schedule["spec"]["pipelineTemplate"]["spec"]
    made = {"apiVersion": schedule["apiVersion"], "kind": "Pipeline", "metadata": {"name": "tick"}, "spec": spec}
    return run([*COMPONENTS, made], params={"scheduledTime": "1859-02-01T00:00:00Z"}, **given)


def test_nobody_is_asked_while_nothing_has_risen() -> None:
    result = watch(replace={"look": {**TREND, "picture": "a curve"}})
    assert (result.phase, result.order) == ("Succeeded", ["look"])


@pytest.mark.parametrize(("answer", "told"), [("approve", ["look", "tell"]), ("reject", ["look"])])
def test_who_is_asked_decides_whether_others_are_told(answer: str, told: list[str]) -> None:
    posted: list[Any] = []

    def tell(now: str = "", **inputs: Any) -> dict[str, Any]:
        posted.append(inputs)
        return {"id": "1", "status": 202}

    look = {**TREND, "alarm": True, "verdict": "Alarm", "usual": 0.15, "score": 3.4, "picture": "a curve"}
    result = watch(replace={"look": look, "tell": tell}, **{answer: ["ask"]})
    assert (result.phase, result.order) == ("Succeeded" if answer == "approve" else "Failed", told)
    if posted:
        assert posted[0]["data"] == {"share": 0.2, "usual": 0.15, "texts": 40}
        assert (posted[0]["subject"], posted[0]["time"]) == ("2021-01-01", "1859-02-01T00:00:00Z")
