"""How good predictions are."""

import math
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

from penstock_ml.dataset import Dataset, Split
from penstock_ml.models import Model
from penstock_ml.wire import InputError

DIGITS = 4
"""Decimals that scores are rounded to: with some thousand samples, more would be noise."""


def predict(model: Model, dataset: Dataset, split: Split) -> Any:
    """The class numbers (n) that the model gives the samples of a split."""
    if (model.kind, model.classes) != (dataset.kind, dataset.classes):
        raise InputError(
            f"the model was trained on {model.kind} of {len(model.classes)} classes, the dataset holds "
            f"{dataset.kind} of {len(dataset.classes)}: train and score with the same dataset"
        )
    return model.pipeline.predict(split.samples)


def accuracy(labels: Any, predicted: Any) -> float:
    """The share of predictions that are right."""
    return round(float(np.mean(labels == predicted)), DIGITS)


def macro_f1(labels: Any, predicted: Any) -> float:
    """The mean over classes of the harmonic mean of precision and recall: rare classes count as much as common ones."""
    return round(float(f1_score(labels, predicted, average="macro", zero_division=0)), DIGITS)


def interval(share: float, count: int) -> list[float]:
    """The 95 % confidence interval of a share seen in `count` samples (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [round(max(0.0, middle - half), DIGITS), round(min(1.0, middle + half), DIGITS)]


def confusion(labels: Any, predicted: Any, classes: int) -> Any:
    """Counts (classes, classes): row the true class, column the predicted one."""
    return confusion_matrix(labels, predicted, labels=range(classes))


def mistakes(counts: Any, classes: tuple[str, ...], most: int = 5) -> list[dict[str, object]]:
    """The commonest confusions, commonest first."""
    pairs = [
        (-int(counts[row, column]), row, column)
        for row in range(len(classes))
        for column in range(len(classes))
        if row != column and counts[row, column]
    ]
    return [
        {"actual": classes[row], "predicted": classes[column], "count": -negative}
        for negative, row, column in sorted(pairs)[:most]
    ]
