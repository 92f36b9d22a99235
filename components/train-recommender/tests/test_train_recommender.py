import hashlib

import numpy as np
import pytest
from penstock_ml import confidence, models, ratings
from penstock_ml.wire import InputError


@pytest.fixture
def prepared(step, films, tmp_path):
    step("prepare-ratings", artifacts={"ratings": tmp_path / "r"}, source=films)
    return tmp_path / "r"


def trained(step, prepared, path, kind, **inputs):
    step("train-recommender", artifacts={"model": path}, ratings=prepared, kind=kind, **inputs)
    return models.load(path)


@pytest.mark.parametrize("kind", ["ItemNeighbours", "EASE", "Text"])
def test_who_liked_war_films_gets_more_of_them(step, prepared, tmp_path, kind):
    model = trained(step, prepared, tmp_path / "m", kind, penalty=5)
    source = ratings.load(prepared)
    liked = [n for n in range(60) if n % 2 == 0 and not source.new[n]][:4]
    named = "\n".join(f" film {n}" for n in liked) + "\nA film that nobody knows"
    best = model.pipeline.decision_function([named])[0].argsort()[::-1][:8]
    assert set(best % 2) == {0}
    assert not set(best) & set(liked)
    assert (model.algorithm, model.kind, model.classes[4]) == (kind, "Titles", "Film 4")
    numbers, sure = confidence.classify(model, np.array([named, "nothing that it knows"], dtype=object))
    assert numbers[0] == best[0]
    assert ((sure > 0) & (sure <= 1)).all()


def test_only_words_tell_anything_of_new_items(step, prepared, tmp_path):
    source = ratings.load(prepared)
    liked = [n for n in range(60) if n % 2 and not source.new[n]][:5]
    named = "\n".join(source.titles[n] for n in liked)
    behaviour = trained(step, prepared, tmp_path / "b", "EASE").pipeline.decision_function([named])[0, source.new]
    assert len(set(behaviour)) == 1
    words = trained(step, prepared, tmp_path / "t", "Text").pipeline.decision_function([named])[0]
    new = np.flatnonzero(source.new)
    assert words[new[new % 2 == 1]].min() > words[new[new % 2 == 0]].max()


def test_popularity_is_how_many_like_it(step, prepared, tmp_path):
    model = trained(step, prepared, tmp_path / "m", "Popularity")
    liked = ratings.load(prepared).likes("train").sum(axis=0)
    assert model.pipeline.scores(np.zeros((1, 60)))[0].tolist() == liked.tolist()


def test_a_blend_goes_from_one_model_to_the_other(step, prepared, tmp_path):
    likes = ratings.load(prepared).likes("train")
    parts = {kind: trained(step, prepared, tmp_path / kind, kind).pipeline.scores(likes) for kind in ("EASE", "Text")}
    for weight in (0, 0.25, 1):
        given = {"behaviour": tmp_path / "EASE", "text": tmp_path / "Text", "weight": weight}
        blended = trained(step, prepared, tmp_path / f"h{weight}", "Hybrid", **given)
        wanted = (1 - weight) * parts["EASE"] / parts["EASE"].std() + weight * parts["Text"] / parts["Text"].std()
        assert blended.pipeline.scores(likes) == pytest.approx(wanted, abs=1e-4)
        assert blended.algorithm == f"Hybrid {weight:g}"


def test_the_same_ratings_give_the_same_file(step, prepared, tmp_path):
    for kind in ("Popularity", "ItemNeighbours", "EASE", "Text"):
        digests = set()
        for name in ("a", "b"):
            trained(step, prepared, tmp_path / name, kind)
            digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
        assert len(digests) == 1, kind


def test_what_cannot_be_trained_is_refused(step, prepared, tmp_path):
    with pytest.raises(InputError, match="one of Popularity, ItemNeighbours, EASE, Text, Hybrid"):
        trained(step, prepared, tmp_path / "m", "Oracle")
    with pytest.raises(InputError, match="'weight' is missing"):
        trained(step, prepared, tmp_path / "m", "Hybrid")
    models.save(models.Model("NaiveBayes", "Words", ("a", "b"), None), tmp_path / "other")
    given = {"weight": 0.5, "behaviour": tmp_path / "other", "text": tmp_path / "other"}
    with pytest.raises(InputError, match="holds NaiveBayes for Words of 2 classes, not a recommender of these 60 it"):
        trained(step, prepared, tmp_path / "m", "Hybrid", **given)
