"""Requests and answers of the Open Inference Protocol (V2, kserve/open-inference-protocol) and of V1 (`:predict`).

Samples are rows: images as numbers (n, features), texts as an array of texts (n). What cannot be read raises a
``ProtocolError``, whose text says what, where and why.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from penstock_ml.models import Model

NUMBERS = ("FP32", "FP64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
TEXTS = "BYTES"
MOST = 1000
"""Samples of one request."""


class ProtocolError(Exception):
    """A request that cannot be answered, and why."""


@dataclass(frozen=True)
class Shape:
    """What the model takes: texts, or images of so many numbers each."""

    texts: bool
    features: int = 0

    @classmethod
    def of(cls, model: Model) -> "Shape":
        texts = model.kind != "Images"
        return cls(texts, 0 if texts else int(model.pipeline[-1].n_features_in_))

    def empty(self) -> Any:
        """One sample that means nothing."""
        return np.array(["nothing"], dtype=object) if self.texts else np.zeros((1, self.features))


def described(shape: Shape) -> dict[str, object]:
    """What a V2 client is told of inputs and outputs."""
    taken = {"datatype": TEXTS, "shape": [-1]} if shape.texts else {"datatype": "FP64", "shape": [-1, shape.features]}
    return {
        "platform": "sklearn_joblib",
        "inputs": [{"name": "samples", **taken}],
        "outputs": [
            {"name": "prediction", "datatype": TEXTS, "shape": [-1]},
            {"name": "confidence", "datatype": "FP64", "shape": [-1]},
        ],
    }


def read_v2(body: Any, shape: Shape) -> Any:
    """The samples of an inference request."""
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise ProtocolError('the body must be an object with "inputs", a list of one tensor')
    tensor = inputs[0]
    kind, size = tensor.get("datatype"), tensor.get("shape")
    wanted = (TEXTS,) if shape.texts else NUMBERS
    if kind not in wanted:
        raise ProtocolError(f"inputs[0].datatype is {kind!r}, but the model takes {' or '.join(wanted)}")
    if not isinstance(size, list) or not size or not all(type(one) is int and one > 0 for one in size):
        raise ProtocolError(f"inputs[0].shape is {size!r}, but must be a list of whole numbers from 1 on")
    found = (
        _texts(tensor.get("data"), "inputs[0].data") if shape.texts else _numbers(tensor.get("data"), "inputs[0].data")
    )
    if found.size != math.prod(size):
        raise ProtocolError(f"inputs[0].data has {found.size} values, but shape {size} has {math.prod(size)}")
    if shape.texts and len(size) > 1 and size[1:] != [1] * (len(size) - 1):
        raise ProtocolError(f"inputs[0].shape is {size}, but a sample is one text: [{found.size}]")
    return _rows(found, size[0], shape, "inputs[0].shape")


def read_v1(body: Any, shape: Shape) -> Any:
    """The samples of a V1 request."""
    instances = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(instances, list) or not instances:
        raise ProtocolError('the body must be an object with "instances", a list of samples')
    found = _texts(instances, "instances") if shape.texts else _numbers(instances, "instances")
    if shape.texts and len(found) != len(instances):
        raise ProtocolError("instances must be a list of texts, one a sample")
    return _rows(found, len(instances), shape, "instances")


def tensors(predictions: Sequence[str], confidences: Sequence[float]) -> list[dict[str, object]]:
    """The outputs of a V2 answer."""
    count = len(predictions)
    return [
        {"name": "prediction", "datatype": TEXTS, "shape": [count], "data": list(predictions)},
        {"name": "confidence", "datatype": "FP64", "shape": [count], "data": list(confidences)},
    ]


def _rows(found: Any, count: int, shape: Shape, where: str) -> Any:
    if count > MOST:
        raise ProtocolError(f"{where}: {count} samples, but at most {MOST} go into a request: send several")
    if shape.texts:
        return found
    if found.size != count * shape.features:
        raise ProtocolError(
            f"{where}: {found.size} numbers in {count} samples, but the model takes {shape.features} numbers a sample"
        )
    return found.reshape(count, shape.features)


def _numbers(data: Any, where: str) -> Any:
    try:
        found = np.asarray(data)
    except (ValueError, OverflowError):
        raise ProtocolError(f"{where} must be a list of numbers, nested evenly or flat") from None
    if found.ndim == 0 or found.dtype.kind not in "iuf":
        raise ProtocolError(f"{where} must be a list of numbers, nested evenly or flat")
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise ProtocolError(f"{where} holds a number that is not finite")
    return found


def _texts(data: Any, where: str) -> Any:
    flat: list[Any] = data if isinstance(data, list) else []
    while flat and all(isinstance(one, list) for one in flat):
        flat = [one for part in flat for one in part]
    if not flat or not all(isinstance(one, str) for one in flat):
        raise ProtocolError(f"{where} must be a list of texts")
    return np.array(flat, dtype=object)
