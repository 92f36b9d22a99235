"""Fetches what customers asked, labelled by what they wanted, as a dataset: two CSV files, by address and digest."""

import numpy as np
from penstock_ml import dataset, download, wire
from sklearn.model_selection import train_test_split

COLUMNS = ("text", "category")
MOST = 50 * 2**20
"""Bytes of a file."""


def main() -> None:
    """Inputs: train-url, train-digest, test-url, test-digest, holdout, seed.

    Outputs: dataset (Artifact), samples, classes (how many).
    """
    holdout = wire.number("holdout", default=0.1, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    texts, names = _rows("train")
    asked, wanted = _rows("test")
    classes = sorted(set(names))
    if strange := sorted(set(wanted) - set(classes)):
        raise wire.InputError(f"the test file has the category '{strange[0]}', which the training file has not")
    labels = np.array([classes.index(name) for name in names], dtype=np.int64)
    if (least := np.bincount(labels).min()) * holdout < 1:
        raise wire.InputError(f"a category has {least} texts, too few for a holdout of {holdout}: give more")
    train, validation = train_test_split(np.arange(len(labels)), test_size=holdout, stratify=labels, random_state=seed)
    samples = np.array(texts)
    prepared = dataset.Dataset(
        "Words",
        tuple(classes),
        dataset.Split(samples[train], labels[train]),
        dataset.Split(samples[validation], labels[validation]),
        dataset.Split(np.array(asked), np.array([classes.index(name) for name in wanted], dtype=np.int64)),
    )
    dataset.save(prepared, wire.output("dataset"))
    wire.write({"samples": len(texts) + len(asked), "classes": len(classes)})


def _rows(split: str) -> tuple[list[str], list[str]]:
    name = f"{split}-url"
    rows = download.table(name, wire.text(name), wire.text(f"{split}-digest"), COLUMNS, most=MOST)
    return [text for text, _ in rows], [name for _, name in rows]


if __name__ == "__main__":
    wire.run(main)
