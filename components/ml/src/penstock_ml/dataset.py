"""A labelled dataset as a folder: the artifact that travels between steps.

``dataset.json`` describes it; ``train``, ``validation`` and ``test`` hold the samples, as ``.npz`` for images and as
``.jsonl`` (one JSON object a line) for texts. No pickles: reading a dataset runs no code.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from penstock_ml.wire import InputError

SPLITS = ("train", "validation", "test")
KINDS = ("Images", "Characters", "Words")


@dataclass(frozen=True)
class Split:
    """Samples in order: images as a float array (n, height, width) in 0..1, or texts; and their class numbers (n)."""

    samples: Any
    labels: Any

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """`kind` says what the samples are and so how a model sees them: Images, or texts by Characters or by Words."""

    kind: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split


def divide(kind: str, classes: Sequence[str], samples: Any, labels: Any, *, holdout: float, seed: int) -> Dataset:
    """Splits samples at random, each class in proportion: `holdout` of all to validation, as much to test.

    `samples` and `labels` are arrays of equal length; `holdout` is below 0.5.
    """
    counts = np.bincount(labels, minlength=len(classes))
    if counts.min() * holdout < 1:
        scarce = classes[int(counts.argmin())]
        raise InputError(
            f"class '{scarce}' has {counts.min()} samples, too few for a holdout of {holdout}: give more samples"
        )
    rest, test = train_test_split(np.arange(len(labels)), test_size=holdout, stratify=labels, random_state=seed)
    train, validation = train_test_split(
        rest, test_size=holdout / (1 - holdout), stratify=labels[rest], random_state=seed
    )
    train, validation, test = (Split(samples[rows], labels[rows]) for rows in (train, validation, test))
    return Dataset(kind, tuple(classes), train, validation, test)


def save(dataset: Dataset, folder: Path) -> None:
    """Writes the dataset to a folder that does not exist yet."""
    folder.mkdir()
    counts = {name: len(getattr(dataset, name)) for name in SPLITS}
    description = {"kind": dataset.kind, "classes": list(dataset.classes), "counts": counts}
    (folder / "dataset.json").write_text(json.dumps(description, indent=2), encoding="utf-8")
    for name in SPLITS:
        split: Split = getattr(dataset, name)
        if dataset.kind == "Images":
            np.savez_compressed(folder / f"{name}.npz", samples=split.samples, labels=split.labels)
        else:
            with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
                for sample, label in zip(split.samples, split.labels, strict=True):
                    print(json.dumps({"text": str(sample), "label": int(label)}, ensure_ascii=False), file=file)


def load(folder: Path) -> Dataset:
    """Reads what `save` wrote; an InputError says what is wrong with anything else."""
    try:
        description = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        kind, classes = description["kind"], tuple(description["classes"])
        if kind not in KINDS:
            raise InputError(f"{folder} holds a dataset of kind '{kind}', but known are {', '.join(KINDS)}")
        read = _read_images if kind == "Images" else _read_texts
        return Dataset(kind, classes, *(read(folder, name) for name in SPLITS))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{folder} is no dataset ({reason}): wire it from a prepare or augment step") from None


def _read_images(folder: Path, name: str) -> Split:
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        return Split(arrays["samples"], arrays["labels"])


def _read_texts(folder: Path, name: str) -> Split:
    with open(folder / f"{name}.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return Split(np.array([row["text"] for row in rows]), np.array([row["label"] for row in rows], dtype=np.int64))
