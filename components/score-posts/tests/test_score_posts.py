from datetime import date, timedelta

import numpy as np
import pytest
from penstock_ml import posts
from penstock_ml.wire import InputError

BAD = ("losses grow and factories fail", "a crash nobody wanted", "debt and failed banks")
GOOD = ("profits rise again", "a record nobody expected", "strong gains and jobs")
WORDS = {"losses": -2, "fail": -2, "crash": -3, "failed": -2, "debt": -1, "profits": 2, "gains": 2, "strong": 1}


@pytest.fixture(autouse=True)
def words(tmp_path, monkeypatch):
    (tmp_path / "mood").mkdir()
    rows = "".join(f"{word},{value}\n" for word, value in WORDS.items())
    (tmp_path / "mood/words.csv").write_text(f"word,value\n{rows}")
    monkeypatch.setenv("MOOD_FOLDER", str(tmp_path / "mood"))


def score(step, tmp_path, source, **given):
    posts.save(source, tmp_path / "posts")
    outputs = step("score-posts", artifacts={"found": tmp_path / "found"}, posts=tmp_path / "posts", **given)
    return outputs, posts.load_found(tmp_path / "found")


def labelled(count):
    day = date(2020, 1, 1)
    mixed = [(text, label) for n in range(count) for text, label in ((BAD[n % 3], "down"), (GOOD[n % 3], "up"))]
    return [posts.Post(day + timedelta(n), f"{text} {n % 7}", label) for n, (text, label) in enumerate(mixed)]


def test_words_tell_and_a_text_without_any_is_left_out(step, tmp_path):
    day = date(1931, 1, 1)
    texts = ("Profits, and STRONG gains!", "A crash; gains are none.", "Nothing at all.", "Failed: profits.")
    outputs, found = score(step, tmp_path, [posts.Post(day, text) for text in texts])
    assert outputs == {"count": 2, "share": 0.5}
    assert [one.bad for one in found] == [False, True]
    with pytest.raises(InputError, match="no text has a word of the lexicon"):
        score(step, tmp_path, [posts.Post(day, "Nichts.")])


def test_models_learn_what_the_lexicon_does_not_know(step, tmp_path):
    source = labelled(30)
    by_words, _ = score(step, tmp_path, source, bad="down")
    assert (by_words["count"], by_words["accuracy"]) == (50, 1.0)  # nobody told it of records
    learned, found = score(step, tmp_path, source, bad="down", algorithm="LogisticRegression")
    assert learned == {"count": 60, "share": 0.5, "accuracy": 1.0, "baseline": 0.5}
    assert [one.date for one in found] == [one.date for one in source]


def test_no_text_is_judged_by_a_model_that_learned_from_it(step, tmp_path):
    # Labels by chance, and more words than texts: who has learned from a text knows its label, and nobody else can.
    random = np.random.default_rng(1)
    texts = [" ".join(f"word{n}" for n in random.integers(0, 300, 20)) for _ in range(200)]
    source = [posts.Post(date(2020, 1, 1), text, ("down", "up")[random.integers(2)]) for text in texts]
    outputs, _ = score(step, tmp_path, source, bad="down", algorithm="LogisticRegression")
    assert 0.35 < outputs["accuracy"] < 0.65


@pytest.mark.parametrize(
    ("source", "given", "complaint"),
    [
        (labelled(30), {"bad": "bearish"}, "no text has the label 'bearish'"),
        ([posts.Post(date(2020, 1, 1), "a crash")], {"algorithm": "NaiveBayes"}, "learns from labels"),
        (labelled(2), {"bad": "down", "algorithm": "NaiveBayes"}, "fewer than 5 texts of a kind"),
    ],
)
def test_what_cannot_be_used_is_refused(step, tmp_path, source, given, complaint):
    with pytest.raises(InputError, match=complaint):
        score(step, tmp_path, source, **given)
