"""A customer service desk: answers what it is sure of, and hands the rest over to a person.

It has the form of a scikit-learn classifier from texts to the question that is answered, or to ``PERSON``, so that
`package` packs it and a server of models serves it like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from penstock_ml import retrieval
from penstock_ml.models import Model

PERSON = "a person"
"""The class of what is handed over."""
FOLDS = 5
FEWEST = 10
"""Answers of which a share is drawn: of fewer, it leaps with each."""


@dataclass(frozen=True)
class Reply:
    """What comes back: the answer, of which question, how sure the desk is of it (0 to 1), about which topic was asked.

    With `person`, somebody should look at it before the customer does.
    """

    answer: str
    question: str
    topic: str
    confidence: float
    person: bool


@dataclass(frozen=True)
class Trial:
    """How the desk did on its own questions: places of their answers (n), and confidences (n) from other folds.

    `absent` (n) are the confidences with the question's own answer taken away, so that none is right. The threshold was
    set on the questions that are not `held` (n).
    """

    places: Any
    confidences: Any
    absent: Any
    held: Any


@dataclass(frozen=True)
class Outcome:
    """Of the held questions: which share was answered, which share of these is right, and how many these are.

    `mistaken` is the share that is answered though its own answer was taken away.
    """

    answered: float
    right: float
    count: int
    mistaken: float


class Desk:
    """Answers, what finds them, and how sure one must be."""

    def __init__(self, shelf: retrieval.Shelf, by: Any, router: Model | None, *, right: float, seed: int) -> None:
        """`right` is the share of given answers that should be the right ones; `router` tells topics apart."""
        self.retriever = by(shelf)
        self.libraries = self.retriever.libraries
        self.router = router
        self.answers = tuple(one.answer for one in shelf.questions)
        self.classes = (*(f"{one.topic}: {one.question}" for one in shelf.questions), PERSON)
        self.classes_ = np.arange(len(self.classes))
        scores = self.retriever.scores_of_its_own(shelf)
        places = retrieval.ranks(scores)
        count, found = len(places), places == 0
        # Customers also ask what no answer is there for. So each question counts twice, once without its answer.
        signs = np.vstack([_signs(scores), _signs(np.where(np.eye(count, dtype=bool), -np.inf, scores))])
        good = np.concatenate([found, np.zeros(count, dtype=bool)])
        self._certainty = make_pipeline(StandardScaler(), LogisticRegression())
        # Confidence in an answer is judged by folds that have not seen its question.
        folds = {"cv": GroupKFold(FOLDS), "groups": np.tile(np.arange(count), 2), "method": "predict_proba"}
        sure = cross_val_predict(self._certainty, signs, good, **folds)[:, 1]
        self._certainty.fit(signs, good)
        held = np.random.default_rng(seed).permutation(count) % 2 == 0
        self.trial = Trial(places, sure[:count], sure[count:], held)
        self.threshold = threshold(sure[:count][~held], found[~held], right)

    def reply(self, text: str) -> Reply:
        """What to tell a customer who asks this."""
        best, sure = self._best([text])
        topic = self.router.classes[int(self.router.pipeline.predict([text])[0])] if self.router else ""
        place, confidence = int(best[0]), float(sure[0])
        return Reply(self.answers[place], self.classes[place], topic, confidence, confidence < self.threshold)

    def outcome(self) -> Outcome:
        """How it did on questions that its threshold was not set on."""
        trial = self.trial
        given = trial.held & (trial.confidences >= self.threshold)
        count = int(given.sum())
        right = float(np.sum(trial.places[given] == 0)) / max(count, 1)
        mistaken = float(np.mean(trial.absent[trial.held] >= self.threshold))
        return Outcome(count / int(trial.held.sum()), right, count, mistaken)

    def curve(self) -> tuple[Any, Any]:
        """For each number of held questions, the surest first: which share that is, and which share of them is right.

        It begins with `FEWEST` questions.
        """
        right = self.trial.places[self.trial.held] == 0
        answered, shares = curve(self.trial.confidences[self.trial.held], right)
        return answered[FEWEST - 1 :], shares[FEWEST - 1 :]

    def predict(self, texts: Sequence[str]) -> Any:
        """The number of the question that is answered, or of `PERSON`, for each text (n)."""
        best, sure = self._best(texts)
        return np.where(sure < self.threshold, len(self.answers), best)

    def predict_proba(self, texts: Sequence[str]) -> Any:
        """How sure the desk is of its answer (n, classes); if it is handed over, of that no answer is right.

        What is left to 1 is told of no class.
        """
        best, sure = self._best(texts)
        shares = np.zeros((len(best), len(self.classes)))
        shares[np.arange(len(best)), np.where(sure < self.threshold, len(self.answers), best)] = np.where(
            sure < self.threshold, 1 - sure, sure
        )
        return shares

    def _best(self, texts: Sequence[str]) -> tuple[Any, Any]:
        scores = np.asarray(self.retriever.scores([str(text) for text in texts]))
        return scores.argmax(axis=1), self._certainty.predict_proba(_signs(scores))[:, 1]


def threshold(confidences: Any, right: Any, share: float) -> float:
    """The lowest confidence from which on at least `share` of the answers are right; above all if there is none."""
    order = np.argsort(-confidences, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= share)
    return float(confidences[order[enough[-1]]]) if len(enough) else 1.0 + 1e-9


def curve(confidences: Any, right: Any) -> tuple[Any, Any]:
    """Share of questions answered (n) and share of these that are right (n), from the surest on."""
    order = np.argsort(-confidences, kind="stable")
    count = np.arange(1, len(order) + 1)
    return count / len(order), np.cumsum(right[order]) / count


def _signs(scores: Any) -> Any:
    """What tells a right answer: the best score, and how far it is above the second and the fifth (n, 3)."""
    best = -np.sort(-scores, axis=1)[:, :5]
    return np.column_stack([best[:, 0], best[:, 0] - best[:, 1], best[:, 0] - best[:, -1]])
