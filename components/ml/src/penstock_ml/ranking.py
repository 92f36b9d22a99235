"""How good ranked lists are."""

from typing import Any

import numpy as np

from penstock_ml.scores import DIGITS


def top(scores: Any, allowed: Any, count: int, seed: int) -> Any:
    """The numbers (users, count) of the best allowed items, best first.

    Equal scores are ordered by chance: catalogues often list popular items first, which would flatter a model that
    knows nothing.
    """
    chance = np.random.default_rng(seed).permutation(scores.shape[1])
    ranked = np.where(allowed, scores, -np.inf)
    return np.lexsort((np.broadcast_to(chance, ranked.shape), -ranked), axis=1)[:, :count]


def recall(lists: Any, wanted: Any) -> float:
    """The mean over users of the share of their wanted items that their list holds, of as many as it could hold
    (Liang et al. 2018). `lists` is (users, count), `wanted` (users, items); users who want nothing do not count.
    """
    hits, most = _hits(lists, wanted)
    return _mean(hits.sum(axis=1), most)


def ndcg(lists: Any, wanted: Any) -> float:
    """As `recall`, but a place further down counts less (Järvelin and Kekäläinen 2002)."""
    hits, most = _hits(lists, wanted)
    worth = 1 / np.log2(np.arange(2, lists.shape[1] + 2))
    return _mean(hits @ worth, np.cumsum(worth)[most - 1])


def coverage(lists: Any, allowed: Any, items: int) -> float:
    """The share of `items` that is in anybody's list: what is not `allowed` (users, items) only fills a list up."""
    return round(len(np.unique(lists[np.take_along_axis(allowed, lists, axis=1)])) / items, DIGITS)


def _hits(lists: Any, wanted: Any) -> tuple[Any, Any]:
    """For users who want anything: which places of their list hold it, and how many at most could."""
    some = wanted.any(axis=1)
    hits = np.take_along_axis(wanted[some], lists[some], axis=1)
    return hits, np.minimum(wanted[some].sum(axis=1), lists.shape[1])


def _mean(got: Any, best: Any) -> float:
    return round(float(np.mean(got / best)), DIGITS) if len(best) else 0.0
