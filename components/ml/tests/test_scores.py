"""Scores and the picture of a confusion matrix."""

import numpy as np
import pytest
from penstock_ml import picture, scores
from PIL import Image

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 0, 0])


def test_accuracy_and_f1():
    assert scores.accuracy(LABELS, PREDICTED) == 0.5
    # By hand: F1 of the classes is 4/7, 1/2 and 0.
    assert scores.macro_f1(LABELS, PREDICTED) == pytest.approx((4 / 7 + 1 / 2) / 3, abs=1e-4)


def test_the_interval_is_wilsons():
    assert scores.interval(0.5, 100) == [0.4038, 0.5962]
    assert scores.interval(1.0, 10)[1] == 1.0
    assert scores.interval(1.0, 10)[0] == pytest.approx(0.7225, abs=1e-4)


def test_mistakes_are_listed_commonest_first():
    counts = np.array([[9, 1, 0], [3, 5, 0], [0, 2, 7]])
    assert scores.mistakes(counts, ("a", "b", "c"), most=2) == [
        {"actual": "b", "predicted": "a", "count": 3},
        {"actual": "c", "predicted": "b", "count": 2},
    ]


def test_the_picture_shows_right_answers_blue_and_wrong_ones_red(tmp_path):
    counts = scores.confusion(LABELS, PREDICTED, 3)
    assert counts.tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 0]]
    picture.draw_confusion(counts, ("a", "b", "c"), "A title", tmp_path / "confusion")
    with Image.open(tmp_path / "confusion") as image:
        assert image.format == "PNG"
        colours = {colour for _, colour in image.convert("RGB").getcolors(100_000)}
        right, wrong = picture.shade(picture.RIGHT, 2 / 3), picture.shade(picture.WRONG, 1.0)
        assert {right, wrong} <= colours
        assert wrong == picture.WRONG


def test_long_names_widen_the_picture(tmp_path):
    counts = np.eye(2, dtype=int)
    picture.draw_confusion(counts, ("a", "b"), "", tmp_path / "short")
    picture.draw_confusion(counts, ("a", "a rather long name of a class"), "", tmp_path / "long")
    with Image.open(tmp_path / "short") as short, Image.open(tmp_path / "long") as long:
        assert long.width > short.width + 200


def test_many_classes_make_no_wall(tmp_path):
    counts = np.eye(77, dtype=int)
    names = tuple(f"a rather long name of a class, number {number}" for number in range(77))
    picture.draw_confusion(counts, names, "", tmp_path / "many")
    with Image.open(tmp_path / "many") as image:
        assert max(image.size) < 1200
        assert picture.RIGHT in {colour for _, colour in image.convert("RGB").getcolors(100_000)}
