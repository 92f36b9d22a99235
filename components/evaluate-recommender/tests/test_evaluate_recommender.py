import os

import numpy as np
import pytest
from penstock_ml import charts, models, ratings
from PIL import Image


def blended(step, here, **source):
    """What is said of the blend of MovieLens 100K, or of other ratings, made in the folder `here`."""
    here.mkdir()
    step("prepare-ratings", artifacts={"ratings": here / "ratings"}, **source)
    for kind in ("EASE", "Text"):
        step("train-recommender", artifacts={"model": here / kind}, ratings=here / "ratings", kind=kind)
    given = {"ratings": here / "ratings", "behaviour": here / "EASE", "text": here / "Text"}
    step("train-recommender", artifacts={"model": here / "Hybrid"}, kind="Hybrid", weight=0.2, **given)
    return step("evaluate-recommender", artifacts={"picture": here / "picture"}, model=here / "Hybrid", **given)


@pytest.mark.skipif("RATINGS_FOLDER" not in os.environ, reason="needs MovieLens 100K: make components-test has it")
def test_on_movielens_the_blend_is_as_good_as_promised_and_the_same_in_three_runs(step, tmp_path):
    outputs = blended(step, tmp_path / "1")
    ease, text, hybrid = outputs["table"]
    assert hybrid == {"algorithm": "Hybrid 0.2", **{name: outputs[name] for name in hybrid if name != "algorithm"}}
    assert hybrid["recall"] >= 0.17
    assert hybrid["new-recall"] >= 0.25
    assert hybrid["coverage"] >= 0.15
    assert ease["new-recall"] < 0.08, "who has seen nothing of the new items can only guess"
    assert text["new-recall"] == hybrid["new-recall"]

    given = {"ratings": tmp_path / "1/ratings"}
    step("train-recommender", artifacts={"model": tmp_path / "popular"}, kind="Popularity", **given)
    popular = step("evaluate-recommender", artifacts={"picture": tmp_path / "p"}, model=tmp_path / "popular", **given)
    assert popular["recall"] < 0.6 * hybrid["recall"]
    assert popular["coverage"] < 0.05
    for run in ("2", "3"):
        assert blended(step, tmp_path / run) == outputs


def test_lists_hold_nothing_that_was_liked_before_and_new_items_are_apart(step, films, tmp_path):
    outputs = blended(step, tmp_path / "1", source=films, new=0.3)
    source = ratings.load(tmp_path / "1/ratings")
    before = source.likes("train", "validation")
    scores = models.load(tmp_path / "1/Hybrid").pipeline.scores(before)
    shares = []
    for user in range(source.users):
        order = [n for n in np.argsort(-scores[user]) if not before[user, n] and not source.new[n]]
        wanted = {item for who, item in source.test if who == user and not source.new[item]}
        if wanted:
            shares.append(len(wanted & set(order[:10])) / min(len(wanted), 10))
    assert outputs["recall"] == pytest.approx(np.mean(shares), abs=1e-4)
    assert outputs["new-recall"] > 0.9 > outputs["table"][0]["new-recall"] + 0.1


def test_validation_says_nothing_of_new_items(step, films, tmp_path):
    blended(step, tmp_path / "1", source=films)
    given = {"ratings": tmp_path / "1/ratings", "model": tmp_path / "1/EASE", "split": "Validation"}
    outputs = step("evaluate-recommender", artifacts={"picture": tmp_path / "p"}, **given)
    assert "new-recall" not in outputs
    assert all("new-recall" not in row for row in outputs["table"])


def test_the_picture_has_bars_for_each_model_that_there_is(step, films, tmp_path):
    blended(step, tmp_path / "1", source=films)
    for number, baselines in enumerate(([], [str(tmp_path / "1/EASE"), None, str(tmp_path / "1/Text")])):
        given = {"ratings": tmp_path / "1/ratings", "model": tmp_path / "1/Hybrid", "baselines": baselines}
        outputs = step("evaluate-recommender", artifacts={"picture": tmp_path / f"p{number}"}, **given)
        names = [row["algorithm"] for row in outputs["table"]]
        assert names == [*(2 * number * ["EASE", "Text"])[:2], "Hybrid 0.2"]
        pixels = np.asarray(Image.open(tmp_path / f"p{number}"))
        lowest = pixels[charts.TOP + charts.PANEL[1] - 5]  # a row just above the axis
        for colour in charts.COLOURS[:2]:
            blank = (lowest != colour).any(axis=1)
            assert (blank[:-1] & ~blank[1:]).sum() == len(names)
