"""Which answer fits a question."""

import numpy as np
import pytest
from penstock_ml import retrieval
from penstock_ml.questions import Question
from penstock_ml.wire import InputError

FRUIT = Question("a", "p", "How do I peel an orange?", "Take the orange and a knife.")
WHEEL = Question("b", "p", "My bicycle squeaks", "Oil the chain of the bicycle.")


def test_an_answer_is_found_by_the_words_it_shares():
    shelf = retrieval.Shelf((FRUIT, WHEEL), np.eye(2), np.eye(2))
    by = retrieval.ByWords(shelf)
    assert by.scores(["which orange", "bicycle chain", "nothing known"]).argmax(axis=1).tolist() == [0, 1, 0]
    assert np.allclose(by.scores_of_its_own(shelf), by.scores([FRUIT.question, WHEEL.question]))


def test_vectors_score_by_their_product():
    shelf = retrieval.Shelf((FRUIT, WHEEL), np.array([[1, 0], [0.6, 0.8]]), np.array([[1, 0], [0, 1]]))
    assert retrieval.ByMeaning(shelf).scores_of_its_own(shelf).tolist() == [[1, 0], [0.6, 0.8]]


def test_recall_counts_whose_own_answer_is_among_the_first():
    scores = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.1], [0.9, 0.8, 0.7]])
    places = retrieval.ranks(scores)
    assert places.tolist() == [0, 1, 2]
    assert [retrieval.recall(places, most) for most in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])


def test_shards_are_joined_in_their_order(tmp_path):
    retrieval.save(retrieval.Shelf((WHEEL,), np.array([[3.0]]), np.array([[4.0]])), tmp_path / "b")
    retrieval.save(retrieval.Shelf((FRUIT,), np.array([[1.0]]), np.array([[2.0]])), tmp_path / "a")
    shelf = retrieval.load([tmp_path / "a", tmp_path / "b"])
    assert shelf.questions == (FRUIT, WHEEL)
    assert (shelf.asked.tolist(), shelf.answered.tolist()) == ([[1.0], [3.0]], [[2.0], [4.0]])


def test_what_holds_no_vectors_is_refused(tmp_path):
    (tmp_path / "x").write_text("{}")
    np.savez(tmp_path / "other.npz", samples=np.zeros(3))
    for path in (tmp_path / "x", tmp_path / "other.npz", tmp_path / "nothing"):
        with pytest.raises(InputError, match="wire it from an embed step"):
            retrieval.load([path])
    with pytest.raises(InputError, match="no embedded questions"):
        retrieval.load([])
