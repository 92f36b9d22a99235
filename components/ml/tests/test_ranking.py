import numpy as np
import pytest
from penstock_ml import ranking


def test_a_list_holds_the_best_of_what_is_allowed():
    scores = np.array([[3.0, 2.0, 1.0, 0.0]])
    allowed = np.array([[False, True, True, True]])
    assert ranking.top(scores, allowed, 2, seed=0).tolist() == [[1, 2]]


def test_equal_scores_are_ordered_by_the_seed_and_not_by_number():
    level = np.zeros((1, 50))
    lists = [ranking.top(level, level == 0, 5, seed=seed).tolist() for seed in (1, 1, 2)]
    assert lists[0] == lists[1] != lists[2]
    assert lists[0] != [[0, 1, 2, 3, 4]]


def test_recall_is_of_as_much_as_a_list_can_hold_and_of_users_who_want_anything():
    lists = np.array([[0, 1], [2, 3], [0, 1]])
    wanted = np.zeros((3, 6), dtype=bool)
    wanted[0, [0, 2, 3, 4]] = True  # one of four found, but a list holds two
    wanted[1, [3]] = True
    assert ranking.recall(lists, wanted) == 0.75
    assert ranking.recall(lists, np.zeros((3, 6), dtype=bool)) == 0.0


def test_ndcg_minds_the_place():
    lists = np.array([[0, 1]])
    first, second = np.eye(4, dtype=bool)[[0]], np.eye(4, dtype=bool)[[1]]
    assert ranking.ndcg(lists, first) == 1.0
    assert ranking.ndcg(lists, second) == pytest.approx(1 / np.log2(3), abs=1e-4)


def test_coverage_is_of_the_catalogue():
    allowed = np.ones((2, 12), dtype=bool)
    assert ranking.coverage(np.array([[0, 1], [1, 2]]), allowed, 12) == 0.25
    allowed[1, 2] = False
    assert ranking.coverage(np.array([[0, 1], [1, 2]]), allowed, 10) == 0.2
