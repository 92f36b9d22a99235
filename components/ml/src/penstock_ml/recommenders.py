"""Recommenders: what each learns is how much a like of one item speaks for another.

All are linear, so one matrix holds any of them, and a blend of two is again one. A kept one is a `models.Model` whose
classes are the items' titles and whose samples are texts, the titles of what somebody likes, one a line: so it is
packed and served as any other that takes texts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from penstock_ml import models
from penstock_ml.wire import InputError

KINDS = ("Popularity", "ItemNeighbours", "EASE", "Text", "Hybrid")
SAMPLES = "Titles"
"""The `kind` of a `models.Model` that holds a recommender."""
NEIGHBOURS = 50
"""Items whose likes count for an item, in ItemNeighbours."""
RIDGE = 5.0
"""How much Text distrusts rare words: the penalty of its regression. Between 1 and 10 the figures hardly change."""

_YEAR = re.compile(r"(?:1[89]|20)\d\d")


@dataclass(frozen=True)
class Recommender:
    """`weights` (items, items): row what is liked, column what it speaks for; `bias` (items) is there without likes;
    `titles` (items) are what samples name.
    """

    weights: Any
    bias: Any
    titles: tuple[str, ...] = ()

    @property
    def classes_(self) -> Any:
        """The items' numbers: what the columns of `decision_function` stand for, as in scikit-learn."""
        return np.arange(len(self.bias))

    def scores(self, likes: Any) -> Any:
        """Scores (users, items) from likes (users, items); only their order within a user means anything."""
        return np.asarray(likes, dtype=np.float64) @ self.weights + self.bias

    def decision_function(self, samples: Sequence[str]) -> Any:
        """Scores (samples, items) for liked titles, one a line of each sample; what is liked has minus infinity.

        Titles that are not known count for nothing; of items of one title the first counts.
        """
        number = {title.casefold(): index for index, title in reversed(list(enumerate(self.titles)))}
        likes = np.zeros((len(samples), len(self.bias)))
        for row, sample in enumerate(samples):
            asked = (line.strip().casefold() for line in str(sample).splitlines())
            likes[row, [number[title] for title in asked if title in number]] = 1
        return np.where(likes > 0, -np.inf, self.scores(likes))

    def predict(self, samples: Sequence[str]) -> Any:
        """For each sample the number of the item that suits best."""
        return self.decision_function(samples).argmax(axis=1)


def popularity(likes: Any) -> Recommender:
    """The same for everybody: what most users like. `likes` is (users, items)."""
    items = likes.shape[1]
    return Recommender(np.zeros((items, items), dtype=np.float32), likes.sum(axis=0).astype(np.float64))


def item_neighbours(likes: Any, neighbours: int = NEIGHBOURS) -> Recommender:
    """Cosine between items over users, the nearest only (Sarwar et al. 2001)."""
    together = _together(likes)
    length = np.sqrt(np.diag(together))
    near = together / np.maximum(np.outer(length, length), 1)
    np.fill_diagonal(near, 0)
    if neighbours < len(near):
        least = np.partition(near, -neighbours, axis=0)[-neighbours]
        near[near < least] = 0
    return _of(near)


def ease(likes: Any, penalty: float) -> Recommender:
    """Each item regressed on all others (EASE, Steck 2019), with an L2 `penalty` in likes."""
    together = _together(likes)
    together[np.diag_indices_from(together)] += penalty
    inverse = np.linalg.inv(together)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return _of(weights)


def text(likes: Any, texts: Sequence[str], penalty: float) -> Recommender:
    """EASE's weights for an item, regressed on its words: so it has some for items that nobody has liked yet.

    A kernel ridge regression over TF-IDF of words, after the mapping of attributes to factors by Gantner et al. (2010).
    """
    words = TfidfVectorizer(analyzer=tokens, min_df=2, sublinear_tf=True).fit_transform(texts)
    alike = (words @ words.T).toarray()
    known = likes.any(axis=0)
    among = alike[np.ix_(known, known)]
    among[np.diag_indices_from(among)] += RIDGE
    learned = ease(likes, penalty).weights[:, known].astype(np.float64)
    return _of(learned @ np.linalg.solve(among, alike[known]))


def blend(behaviour: Recommender, other: Recommender, weight: float, likes: Any) -> Recommender:
    """Both at once: `weight` (0 to 1) of the other one, each measured by the spread of its scores over `likes`."""
    if behaviour.weights.shape != other.weights.shape:
        sizes = " and ".join(str(len(one.bias)) for one in (behaviour, other))
        raise InputError(f"the two models know {sizes} items: train both on the same ratings")
    shares = []
    for one, share in ((behaviour, 1 - weight), (other, weight)):
        spread = float(one.scores(likes).std())
        shares.append(share / spread if spread else 0.0)
    weights = shares[0] * behaviour.weights + shares[1] * other.weights
    return Recommender(weights.astype(np.float32), shares[0] * behaviour.bias + shares[1] * other.bias)


def load(path: Path, titles: tuple[str, ...]) -> models.Model:
    """The model at `path`; an InputError if it is no recommender, or one of other items than these."""
    model = models.load(path)
    if model.kind != SAMPLES or model.classes != titles:
        raise InputError(
            f"{path} holds {model.algorithm} for {model.kind} of {len(model.classes)} classes, not a recommender of"
            f" these {len(titles)} items: wire it from a train-recommender step on the same ratings"
        )
    return model


def tokens(text: str) -> list[str]:
    """Words in lower case; a year adds its decade, so that films of one time are alike."""
    words = text.lower().split()
    return [*words, *(f"{word[:3]}0s" for word in words if _YEAR.fullmatch(word))]


def _together(likes: Any) -> Any:
    """How many users like both, (items, items)."""
    exact = np.asarray(likes, dtype=np.float64)
    return exact.T @ exact


def _of(weights: Any) -> Recommender:
    return Recommender(weights.astype(np.float32), np.zeros(len(weights)))
