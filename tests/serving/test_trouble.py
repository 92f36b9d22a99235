"""Deployments that are killed and tried again, and such that race: one version is live, and the record is true."""

from __future__ import annotations

import subprocess

import pytest

from tests.serving.deployment import Ended, Stage

POINTS = ["before:write", "after:copy", "after:claim", "after:fill", "after:wait", "after:gate"]
POINTS += ["before:switch", "after:switch", "before:keep", "after:keep", "before:tidy"]
KILLED = -9


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_tried_again_one_version_is_live(stage: Stage, point: str) -> None:
    assert stage.run("good", "one").code == 0
    given = {"samples": stage.models / "samples", "floor": 0.9, "keep": 0}
    if point == "before:write":
        for path in stage.node.shelf.glob(stage.versions["fair"]):
            path.rename(path.with_name(".half-test"))  # so that there is something to copy
    assert stage.run("fair", "two", point, **given).code == KILLED
    turned = point in POINTS[POINTS.index("after:switch") :]
    assert stage.live()[1]["version"] == stage.served() == stage.versions["fair" if turned else "good"]
    done = stage.run("fair", "two", **given)
    assert done.code == 0, done.text
    record = stage.true()
    assert record["version"] == done.outputs["version"] == stage.versions["fair"]
    assert record["previous"] == done.outputs["previous"] == stage.versions["good"]
    assert record["accuracy"] == done.outputs["accuracy"] > 0.9
    assert [one["version"] for one in record["before"]] == [stage.versions["good"]]


@pytest.mark.parametrize("point", ["after:claim", "after:fill", "before:switch", "after:switch"])
def test_an_undo_that_is_killed_and_tried_again_is_done_once(stage: Stage, point: str) -> None:
    for name, by in (("also", "zero"), ("good", "one"), ("fair", "two")):
        assert stage.run(name, by).code == 0
    assert stage.run("fair", "two", point, undo=True).code == KILLED
    assert stage.run("fair", "two", undo=True).code == 0
    assert stage.run("fair", "two", undo=True).code == 0
    record = stage.true()
    assert [record["version"], record["previous"]] == [stage.versions["good"], stage.versions["also"]]


@pytest.mark.parametrize("point", ["claim", "fill", "wait", "gate", "switch"])
def test_who_is_overtaken_gates_again_and_nobody_goes_live_by_anothers_gate(stage: Stage, point: str) -> None:
    assert stage.run("good", "one").code == 0
    slow = stage.begin("fair", "two", f"pause:{point}", samples=stage.models / "samples", floor=0.9)
    paused(slow)
    assert stage.run("also", "three").code == 0
    assert stage.true()["version"] == stage.versions["also"]
    done = resumed(stage, slow, "two")
    assert done.code == 0, done.text
    # Who had claimed nothing yet has lost nothing.
    assert ("begins again" in done.text) == (point != "claim")
    record = stage.true()
    assert record["version"] == stage.versions["fair"]
    assert [one["version"] for one in record["before"]] == [stage.versions["also"], stage.versions["good"]]


def test_an_undo_overtakes_a_deployment_that_is_under_way(stage: Stage) -> None:
    assert stage.run("good", "one").code == 0
    assert stage.run("fair", "two").code == 0
    slow = stage.begin("also", "three", "pause:fill")
    paused(slow)
    assert stage.run("fair", "two", undo=True).code == 0
    assert stage.true()["version"] == stage.versions["good"]
    assert resumed(stage, slow, "three").code == 0
    record = stage.true()
    assert [record["version"], record["previous"]] == [stage.versions["also"], stage.versions["good"]]


def test_an_undo_is_overtaken_and_then_there_is_nothing_to_undo(stage: Stage) -> None:
    assert stage.run("good", "one").code == 0
    assert stage.run("fair", "two").code == 0
    slow = stage.begin("fair", "two", "pause:switch", undo=True)
    paused(slow)
    assert stage.run("also", "three").code == 0
    assert resumed(stage, slow, "two").code == 0
    record = stage.true()
    assert [record["version"], record["previous"]] == [stage.versions["also"], stage.versions["fair"]]


def test_three_at_once_go_live_one_after_the_other(stage: Stage) -> None:
    given = {"good": "one", "fair": "two", "also": "three"}
    begun = {by: stage.begin(name, by) for name, by in given.items()}
    ended = [stage.end(process, by) for by, process in begun.items()]
    assert [done.code for done in ended] == [0, 0, 0], ended
    record = stage.true()
    found = [record["version"], *(one["version"] for one in record["before"])]
    assert sorted(found) == sorted(stage.versions[name] for name in given)


def paused(process: subprocess.Popen[str]) -> None:
    """Waits until a step does."""
    assert process.stdout is not None
    assert "paused\n" in iter(process.stdout.readline, "")


def resumed(stage: Stage, process: subprocess.Popen[str], by: str) -> Ended:
    """The end of a step that paused."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return stage.end(process, by)
