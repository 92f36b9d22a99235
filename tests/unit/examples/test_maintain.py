"""The example that looks after a model: what follows from each verdict, without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.api.manifests import load
from penstock.cli.files.reading import read
from penstock.cluster.linting import lint
from penstock.testing import Crash, Fake, Result, run

CHECKOUT = Path(__file__).parents[3]
EXAMPLE = CHECKOUT / "examples/maintain.yaml"
COMPONENTS = sorted((CHECKOUT / "components").glob("*/component.yaml"))
TICK = "2026-07-01T12:00:00Z"


def look(
    verdict: str, *, accuracy: float = 0.97, drift: Fake | None = None, deploy: Fake | None = None, **given: Any
) -> Result:
    """One tick of the schedule, whose look ends with this verdict."""
    component, schedule = load(EXAMPLE.read_text(encoding="utf-8"))
    spec = schedule["spec"]["pipelineTemplate"]["spec"]
    made = {**schedule, "kind": "Pipeline", "metadata": {"name": "maintain"}, "spec": spec}
    found = Fake({"verdict": verdict, "drifted": verdict == "Drifted", "report": "a picture"}, seconds=10)
    replace = {
        "*": Fake(seconds=60),
        "drift": drift or found,
        "retrain.report": Fake({"accuracy": accuracy}, seconds=60),
        "retrain.package": Fake({"version": "sha256-0123456789abcdef"}, seconds=10),
        "deploy": deploy or Fake({"version": "sha256-0123456789abcdef"}, seconds=20),
    }
    return run([*COMPONENTS, component, made], params={"scheduledTime": TICK}, replace=replace, **given)


def test_nothing_is_complained_of() -> None:
    report = lint(read([str(EXAMPLE), *map(str, COMPONENTS)]))
    assert [str(one) for one in report.findings] == []


@pytest.mark.parametrize("verdict", ["Steady", "Suspicious", "CoolingDown", "TooFew"])
def test_nobody_is_asked_while_the_world_is_as_it_was(verdict: str) -> None:
    result = look(verdict)
    assert result.phase == "Succeeded", result
    assert result.order == ["drift"]
    assert result.outputs["verdict"] == verdict


def test_a_new_model_is_made_once_somebody_has_said_yes() -> None:
    result = look("Drifted", approve={"ask": 3600})
    assert result.phase == "Succeeded", result
    assert result.order[0] == "drift"
    assert result.order[-2:] == ["retrain.package", "deploy"]
    assert result.seconds > 3600
    assert result.outputs["version"] == "sha256-0123456789abcdef"
    assert result.outputs["report"].read_text() == "a picture"


def test_a_no_is_the_end_of_it() -> None:
    result = look("Drifted", reject=["ask"])
    assert (result.phase, result.order) == ("Failed", ["drift"]), result


def test_nobody_who_answers_is_a_no_after_a_day() -> None:
    result = look("Drifted")
    assert result.steps["ask"].reason == "ApprovalTimedOut"
    assert result.order == ["drift"]
    assert result.seconds == pytest.approx(24 * 3600, abs=60)


def test_a_model_that_is_not_good_enough_is_not_packed() -> None:
    result = look("Drifted", accuracy=0.9, approve=["ask"])
    assert result.phase == "Succeeded", result
    assert not {"retrain.package", "deploy"} & set(result.order)
    assert result.outputs["accuracy"] == 0.9
    assert "version" not in result.outputs


def test_a_model_that_does_not_pass_the_gate_does_not_stay_live() -> None:
    result = look("Drifted", approve=["ask"], deploy=Fake(fails=[Crash(2)]))
    assert result.phase == "Failed", result
    assert result.undone == ["deploy"]


def test_pods_that_do_not_answer_are_asked_again_and_one_that_lies_is_not() -> None:
    answer = {"verdict": "Steady", "drifted": False}
    later = look("", drift=Fake(answer, fails=[Crash(1), Crash(1)]))
    assert (later.phase, len(later.steps["drift"].attempts)) == ("Succeeded", 3), later
    never = look("", drift=Fake(answer, fails=[Crash(2)]))
    assert (never.phase, len(never.steps["drift"].attempts)) == ("Failed", 1), never
