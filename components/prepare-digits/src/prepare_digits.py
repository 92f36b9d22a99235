"""Prepares scikit-learn's bundled images of handwritten digits: scale, split, write as a dataset."""

import numpy as np
from penstock_ml import dataset, wire
from sklearn.datasets import load_digits


def main() -> None:
    """Inputs: holdout, seed. Outputs: dataset (Artifact), samples, classes."""
    holdout = wire.number("holdout", default=0.2, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    digits = load_digits()
    # Pixels come as 0..16 (UCI "Optical Recognition of Handwritten Digits": counts of set bits in 4x4 blocks).
    images = (digits.images / 16).astype(np.float32)
    classes = [str(name) for name in digits.target_names]
    prepared = dataset.divide("Images", classes, images, digits.target.astype(np.int64), holdout=holdout, seed=seed)
    dataset.save(prepared, wire.output("dataset"))
    wire.write({"samples": len(images), "classes": classes})


if __name__ == "__main__":
    wire.run(main)
