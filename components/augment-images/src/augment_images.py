"""Augments the training images of a dataset with shifted, rotated and noisy copies."""

import numpy as np
from penstock_ml import dataset, wire
from scipy import ndimage


def main() -> None:
    """Inputs: dataset (Artifact), copies, shift, rotation, noise, seed. Outputs: dataset (Artifact), samples."""
    source = dataset.load(wire.artifact("dataset"))
    copies = wire.integer("copies", default=2, low=0, high=20)
    shift = wire.number("shift", default=0.7, low=0, high=4)
    rotation = wire.number("rotation", default=12, low=0, high=180)
    noise = wire.number("noise", default=0.05, low=0, high=1)
    seed = wire.integer("seed", default=0)
    if source.kind != "Images":
        raise wire.InputError(f"input 'dataset' holds texts by {source.kind}, not images: use augment-texts")

    random = np.random.default_rng(seed)
    images, labels = [source.train.samples], [source.train.labels]
    for _ in range(copies):
        images.append(np.stack([_varied(image, random, shift, rotation, noise) for image in source.train.samples]))
        labels.append(source.train.labels)
    train = dataset.Split(np.concatenate(images), np.concatenate(labels))
    augmented = dataset.Dataset(source.kind, source.classes, train, source.validation, source.test)
    dataset.save(augmented, wire.output("dataset"))
    wire.write({"samples": len(train)})


def _varied(image: np.ndarray, random: np.random.Generator, shift: float, rotation: float, noise: float) -> np.ndarray:
    """A copy turned by up to `rotation` degrees, moved by up to `shift` pixels, with Gaussian noise of that sigma."""
    turned = ndimage.rotate(image, random.uniform(-rotation, rotation), reshape=False, order=1)
    moved = ndimage.shift(turned, random.uniform(-shift, shift, size=2), order=1)
    noisy: np.ndarray = np.clip(moved + random.normal(0, noise, image.shape), 0, 1)
    return noisy.astype(np.float32)


if __name__ == "__main__":
    wire.run(main)
