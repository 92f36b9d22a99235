"""Files with one JSON object a line: a text may hold what Unicode calls an end of a line, as texts of the web do."""

from datetime import date

import numpy as np
from penstock_ml import labels, posts, ratings

ENDS = "one\u2028two\u2029three\u0085four\r\nfive\x1c"


def test_posts(tmp_path):
    given = [posts.Post(date(2026, 11, 30), ENDS, "a")]
    posts.save(given, tmp_path / "posts")
    assert posts.load(tmp_path / "posts") == given


def test_ratings(tmp_path):
    pairs = np.zeros((1, 2), dtype=np.int64)
    given = ratings.Ratings(("a", "b"), (ENDS, "other"), np.array([True, False]), 1, pairs, pairs, pairs)
    ratings.save(given, tmp_path / "ratings")
    assert ratings.load(tmp_path / "ratings").texts == given.texts


def test_labels(tmp_path):
    rows = [{"id": number, "suggested": "a", "label": "", "text": ENDS} for number in range(2)]
    labels.write(rows, tmp_path / "asked")
    assert list(labels.read(tmp_path / "asked", ["a"])) == [0, 1]
