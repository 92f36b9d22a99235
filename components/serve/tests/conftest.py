"""One server of images and one of texts for all tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from penstock_ml import dataset
from running import Running, serving
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def images(folder: Path) -> dataset.Dataset:
    raw = load_digits()
    return dataset.divide("Images", [str(n) for n in range(10)], raw.images / 16, raw.target, holdout=0.2, seed=0)


@pytest.fixture(scope="module")
def server(images: dataset.Dataset, folder: Path) -> Iterator[Running]:
    with serving(images, folder / "images", "SupportVectors", "--window=50") as found:
        yield found


@pytest.fixture(scope="module")
def reader(folder: Path) -> Iterator[Running]:
    """A server of a model of texts."""
    texts = np.array([f"{word} {number % 5} times" for number in range(20) for word in ("yes", "no")])
    source = dataset.divide("Words", ("agreed", "refused"), texts, np.array([0, 1] * 20), holdout=0.2, seed=0)
    with serving(source, folder / "texts", "NaiveBayes") as found:
        yield found
