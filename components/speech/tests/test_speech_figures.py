"""The nine men of the image: the figures that the example's README tells."""

import os

import pytest

pytestmark = pytest.mark.skipif(
    "SPEECH_FOLDER" not in os.environ, reason="needs JapaneseVowels: make components-test has them"
)


def learned(step, dataset, model):
    step("train", artifacts={"model": model}, dataset=dataset, algorithm="SupportVectors")
    return {"datasets": str(dataset), "models": str(model)}


def test_who_speaks_is_told_also_of_a_stretch_of_time_that_was_left_out(step, tmp_path):
    outputs = {name: tmp_path / name for name in ("speech", "dataset")}
    read = step("prepare-speech", artifacts=outputs)
    assert (read["samples"], read["classes"], len(read["groups"])) == (640, 9, 6)
    learned(step, tmp_path / "dataset", tmp_path / "model")
    report = step(
        "report", artifacts={"confusion": tmp_path / "png"}, dataset=tmp_path / "dataset", model=tmp_path / "model"
    )
    assert report["accuracy"] >= 0.97
    assert report["baseline"] == 0.2378
    folds = []
    for group in read["groups"]:
        fold = tmp_path / group
        step("leave-out", artifacts={"dataset": fold}, speech=tmp_path / "speech", group=group)
        folds.append(learned(step, fold, tmp_path / f"{group}.model"))
    given = {name: [fold[name] for fold in folds] for name in ("datasets", "models")}
    unheard = step(
        "report-groups",
        artifacts={"picture": tmp_path / "map"},
        **given,
        groups=read["groups"],
        accuracy=report["accuracy"],
    )
    assert unheard["mean"] >= 0.98
    assert unheard["worst"] >= 0.97
