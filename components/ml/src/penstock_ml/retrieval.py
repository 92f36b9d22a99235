"""Which of many answers fits a question: by the words both have, or by what both mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from penstock_ml import embedding
from penstock_ml.fortunes import clip
from penstock_ml.questions import Question
from penstock_ml.wire import InputError


@dataclass(frozen=True)
class Shelf:
    """Questions (n) with the vectors of what is asked (n, 384) and of what is answered (n, 384)."""

    questions: tuple[Question, ...]
    asked: Any
    answered: Any


LENGTH = 1200
"""Characters of an answer that are embedded: more cost time, and find no more."""


def embed(questions: Sequence[Question]) -> Shelf:
    """The questions with their vectors."""
    asked = embedding.of_questions([one.question for one in questions])
    answered = embedding.of_passages([clip(one.answer, LENGTH) for one in questions])
    return Shelf(tuple(questions), asked, answered)


def save(shelf: Shelf, path: Path) -> None:
    """Writes one file of arrays: no pickles."""
    texts = np.array([[one.topic, one.product, one.question, one.answer] for one in shelf.questions])
    with open(path, "wb") as file:
        np.savez_compressed(file, texts=texts, asked=shelf.asked, answered=shelf.answered)


def load(paths: Sequence[Path]) -> Shelf:
    """Reads and joins, in their order, what `save` wrote; an InputError says what is wrong with anything else."""
    texts: list[Question] = []
    asked, answered = [], []
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as arrays:
                texts.extend(Question(*map(str, row)) for row in arrays["texts"])
                asked.append(arrays["asked"])
                answered.append(arrays["answered"])
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise InputError(f"{path} holds no embedded questions ({error}): wire it from an embed step") from None
    if not texts:
        raise InputError("there are no embedded questions: wire the vectors of an embed step")
    return Shelf(tuple(texts), np.concatenate(asked), np.concatenate(answered))


class ByWords:
    """TF-IDF, the baseline (Spärck Jones 1972): an answer scores by the rare words it shares with a question."""

    name = "TF-IDF"
    libraries: tuple[str, ...] = ()

    def __init__(self, shelf: Shelf) -> None:
        self._words = TfidfVectorizer(sublinear_tf=True)
        self._answers = self._words.fit_transform([one.answer for one in shelf.questions])

    def scores(self, texts: Sequence[str]) -> Any:
        """How well each answer fits each text (texts, answers)."""
        return (self._words.transform(texts) @ self._answers.T).toarray()

    def scores_of_its_own(self, shelf: Shelf) -> Any:
        """The scores of the shelf's own questions."""
        return self.scores([one.question for one in shelf.questions])


class ByMeaning:
    """Vectors of an embedding."""

    name = "e5"

    def __init__(self, shelf: Shelf) -> None:
        self.libraries = (embedding.pinned(),)
        self._answers = shelf.answered

    def scores(self, texts: Sequence[str]) -> Any:
        """How well each answer fits each text (texts, answers)."""
        return embedding.of_questions(texts) @ self._answers.T

    def scores_of_its_own(self, shelf: Shelf) -> Any:
        """The scores of the shelf's own questions, whose vectors are there."""
        return shelf.asked @ self._answers.T


RETRIEVERS = {"Words": ByWords, "Meaning": ByMeaning}


def ranks(scores: Any) -> Any:
    """The place (n, from 0) of each question's own answer, which has the question's number, among all (n, n)."""
    return (scores > np.diag(scores)[:, None]).sum(axis=1)


def recall(places: Any, most: int) -> float:
    """The share of questions whose own answer is among the first `most`."""
    return float(np.mean(places < most))
