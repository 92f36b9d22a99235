"""What a model answers where it is right to trust it: the reference that its live answers are compared with.

`sketch.json` is small and holds no sample: how many there were, how often each class was answered, the confidence's
quantiles, and mean and standard deviation of each number that went in.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from penstock_ml.confidence import classify
from penstock_ml.models import Model
from penstock_ml.wire import InputError

FILE = "sketch.json"
QUANTILES = 11
LEAST = 50
"""Samples below which a reference says next to nothing."""


@dataclass(frozen=True)
class Features:
    """Of each number that goes in: mean and standard deviation, lists of equal length; empty if texts go in."""

    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """`count` samples, answers by class, evenly spaced quantiles of the confidence from least to most (0 to 1)."""

    count: int
    classes: Mapping[str, int]
    confidence: tuple[float, ...]
    features: Features


def make(model: Model, samples: Any) -> Sketch:
    """What `model` answers to samples that it was not trained on."""
    answers, scores = classify(model, samples)
    features = Features()
    if model.kind == "Images":
        rows = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
        features = Features(_rounded(rows.mean(axis=0)), _rounded(rows.std(axis=0)))
    quantiles = np.quantile(scores, np.linspace(0, 1, QUANTILES))
    counts = np.bincount(answers, minlength=len(model.classes))
    classes = {name: int(count) for name, count in zip(model.classes, counts, strict=True)}
    return Sketch(len(samples), classes, _rounded(quantiles), features)


def save(sketch: Sketch, path: Path) -> None:
    """Writes it as JSON."""
    path.write_text(json.dumps(asdict(sketch)), encoding="utf-8")


def load(path: Path) -> Sketch:
    """Reads what `save` wrote; an InputError says what is wrong with anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        features = Features(*(_numbers(found["features"].get(part, ())) for part in ("mean", "deviation")))
        classes = {str(name): int(count) for name, count in found["classes"].items()}
        sketch = Sketch(int(found["count"]), classes, _numbers(found["confidence"]), features)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is no sketch of a model ({type(error).__name__}: {error}): pack the model anew"
        ) from None
    if complaint := _complaint(sketch):
        raise InputError(f"{path} is no sketch of a model ({complaint}): pack the model anew")
    return sketch


def _complaint(sketch: Sketch) -> str:
    if sketch.count < LEAST:
        return f"count is {sketch.count}, fewer than {LEAST} samples"
    if min(sketch.classes.values(), default=0) < 0 or (sketch.classes and sum(sketch.classes.values()) != sketch.count):
        return f"the answers by class are not {sketch.count} together"
    if sketch.confidence and (len(sketch.confidence) < 3 or list(sketch.confidence) != sorted(sketch.confidence)):
        return "confidence has no three quantiles in ascending order"
    if len(sketch.features.mean) != len(sketch.features.deviation) or min(sketch.features.deviation, default=0) < 0:
        return "features have not one mean and one deviation each"
    return ""


def _numbers(values: Any) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if not all(map(math.isfinite, found)):
        raise ValueError("a number is not finite")
    return found


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in values)
