"""The digits example that goes live: who says yes, what is undone, and what a rejection leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.testing import Crash, Fake, Result, run

EXAMPLE = Path(__file__).parents[3] / "examples/digits-live.yaml"
ALGORITHMS = ["SupportVectors", "LogisticRegression", "RandomForest"]


def live(*, accuracy: float = 0.98, **replace: Any) -> Result:
    def choose(models: list[Path], accuracies: list[float]) -> dict[str, Any]:
        assert len(models) == len(accuracies) == 3
        return {"model": models[0], "algorithm": ALGORITHMS[0], "ranking": []}

    report = {"accuracy": accuracy, "confusion": "a picture"}
    deploy = Fake({"url": "http://digits.ml.svc", "version": "sha256-2", "previous": "sha256-1", "accuracy": accuracy})
    given = {"*": Fake(seconds=60), "choose": choose, "report": report, "deploy": deploy, "undo": None, **replace}
    undo = {"deploy": given.pop("undo")}
    return run(
        EXAMPLE, approve=given.pop("approve", ["go-live"]), reject=given.pop("reject", []), replace=given, undo=undo
    )


def test_three_candidates_side_by_side_and_the_best_goes_live() -> None:
    asked = []

    def ask(url: str) -> dict[str, Any]:
        asked.append(url)
        return {"status": 200}

    result = live(ask=ask)
    assert result.phase == "Succeeded", result
    assert result.peak(steps="candidates*train*") == 3
    assert result.order[-5:] == ["choose", "report", "package", "deploy", "ask"]
    assert asked == ["http://digits.ml.svc/v2/models/digits/ready"]
    assert (result.outputs["version"], result.outputs["previous"]) == ("sha256-2", "sha256-1")


def test_what_is_live_and_does_not_answer_is_taken_back() -> None:
    undone = []

    def undo(service: str, model: Path) -> None:
        undone.append((service, model.exists()))

    result = live(ask=Fake(fails=[Crash(2)]), undo=undo)
    assert (result.phase, result.undone) == ("Failed", ["deploy"]), result
    assert undone == [("digits", True)]


def test_a_deployment_that_fails_half_way_is_undone_too() -> None:
    assert live(deploy=Fake(fails=[Crash(2)])).undone == ["deploy"]


def test_nobody_is_asked_about_a_model_that_is_not_good_enough() -> None:
    result = live(accuracy=0.9, approve=[])
    assert result.phase == "Succeeded", result
    assert {result.steps[name].phase for name in ("package", "go-live", "deploy", "ask")} == {"Skipped"}


def test_after_a_no_nothing_is_deployed() -> None:
    result = live(approve=[], reject=["go-live"])
    assert result.phase == "Failed"
    assert "deploy" not in result.order


@pytest.mark.parametrize("asks", [True, False])
def test_there_and_back_again_deploys_each_time(tmp_path: Path, asks: bool) -> None:
    """`cache: LastRun`: without it, and nobody asked, B would stay live when A is wanted again."""
    text = EXAMPLE.read_text().replace("needs: [go-live]", "needs: [package]")
    file = tmp_path / "live.yaml"
    file.write_text(text if asks else text.replace("      cache: LastRun\n", ""))

    def round_of(seed: int) -> Result:
        replace = {"*": Fake(seconds=60), "report": {"accuracy": 0.98, "confusion": "a picture"}}
        return run(
            file,
            params={"seed": seed},
            approve=["go-live"],
            replace=replace,
            undo={"deploy": None},
            folder=tmp_path,
        )

    deployed = ["deploy" in round_of(seed).order for seed in (1, 2, 1)]
    assert deployed == [True, True, asks]
