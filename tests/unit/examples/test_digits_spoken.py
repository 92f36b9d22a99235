"""The example of speech, as whoever wrote it would test it: without a cluster, in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.testing import Fake, Result, run

CHECKOUT = Path(__file__).parents[3]
COMPONENTS = sorted((CHECKOUT / "components").glob("*/component.yaml"))
GROUPS = ["ann", "bob", "cid"]


def spoken(accuracy: float, worst: float) -> Result:
    """With a model of this accuracy, and of three voices one that is told so badly."""

    def split(group: str) -> dict[str, Any]:
        return {"dataset": f"without {group}", "samples": 10}

    def train(dataset: Path) -> dict[str, Any]:
        return {"model": f"trained {dataset.read_text()}", "samples": 20}

    def unheard(datasets: list[Path], models: list[Path], groups: list[str]) -> dict[str, Any]:
        assert groups == GROUPS
        assert [one.read_text() for one in datasets] == [f"without {name}" for name in GROUPS]
        assert [one.read_text() for one in models] == [f"trained without {name}" for name in GROUPS]
        mean = {"mean": 0.8, "worst": worst, "worst-group": "bob", "gap": accuracy - 0.8, "accuracies": []}
        return {**mean, "picture": "a map"}

    report = {"algorithm": "SupportVectors", "accuracy": accuracy, "interval": [0.9, 1.0], "baseline": 0.1}
    return run(
        [*COMPONENTS, CHECKOUT / "examples/digits-spoken.yaml"],
        replace={
            "*": Fake(seconds=60),
            "prepare": {"speech": "all", "dataset": "usual", "groups": GROUPS, "samples": 30, "classes": 10},
            "without.split": Fake(split, seconds=60),
            "without.train": Fake(train, seconds=60),
            "report": {**report, "macro-f1": 0.9, "mistakes": [], "confusion": "a picture"},
            "unheard": unheard,
        },
    )


@pytest.mark.parametrize(
    ("accuracy", "worst", "packed"),
    [(0.96, 0.75, "Succeeded"), (0.96, 0.46, "Skipped"), (0.9, 0.75, "Skipped")],
)
def test_a_model_that_is_good_only_with_voices_it_knows_is_not_packed(
    accuracy: float, worst: float, packed: str
) -> None:
    result = spoken(accuracy, worst)
    assert result.phase == "Succeeded", result
    assert result.steps["package"].phase == packed
    assert (result.outputs["worst"], result.outputs["worst-group"]) == (worst, "bob")
    assert result.peak(steps="without.*") == 3
