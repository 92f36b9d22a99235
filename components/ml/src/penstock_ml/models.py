"""The models that can be trained, and how they are kept.

A kept model is a joblib file, which is a pickle: reading one runs code, so read only what your own pipeline wrote.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, LinearSVC

from penstock_ml.wire import InputError

ALGORITHMS = ("LogisticRegression", "SupportVectors", "RandomForest", "NaiveBayes", "NearestNeighbours")


@dataclass(frozen=True)
class Model:
    """A fitted scikit-learn pipeline from samples to class numbers, with what it was made from."""

    algorithm: str
    kind: str
    classes: tuple[str, ...]
    pipeline: Any


def untrained(algorithm: str, kind: str, seed: int) -> Any:
    """A scikit-learn pipeline for samples of this kind (see `Dataset.kind`), not fitted yet."""
    return make_pipeline(_features(kind), _classifier(algorithm, kind, seed))


def save(model: Model, path: Path) -> None:
    """Writes the model as one file."""
    joblib.dump(model, path, compress=3)


def load(path: Path) -> Model:
    """Reads what `save` wrote; an InputError says what is wrong with anything else."""
    try:
        model = joblib.load(path)
    except Exception as error:  # Unpickling what is no pickle, or half of one, raises whatever its bytes spell.
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{path} is no model ({reason}): wire it from a train step") from None
    if not isinstance(model, Model):
        raise InputError(f"{path} holds a {type(model).__name__}, not a model: wire it from a train step")
    return model


def flatten(images: Any) -> Any:
    """Images (n, height, width) as rows of pixels (n, height * width), in double precision.

    With single precision, iterative training ends elsewhere on another kind of processor, and so do the accuracies.
    """
    return np.asarray(images, dtype=np.float64).reshape(len(images), -1)


def _features(kind: str) -> Any:
    if kind == "Images":
        return FunctionTransformer(flatten)
    if kind == "Characters":
        # Groups of up to three letters within words tell languages apart (Cavnar and Trenkle 1994).
        return TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    return TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")


def _classifier(algorithm: str, kind: str, seed: int) -> Any:
    if algorithm == "LogisticRegression":
        return LogisticRegression(C=10.0, max_iter=500, random_state=seed)
    if algorithm == "SupportVectors":
        # Few pixels need a curved boundary; thousands of letter groups are separable by a plane, which is much faster.
        return SVC(C=10.0, gamma="scale", random_state=seed) if kind == "Images" else LinearSVC(random_state=seed)
    if algorithm == "RandomForest":
        return RandomForestClassifier(n_estimators=150, random_state=seed)
    if algorithm == "NaiveBayes":
        return MultinomialNB(alpha=0.1)
    return KNeighborsClassifier(n_neighbors=5, metric="euclidean" if kind == "Images" else "cosine")
