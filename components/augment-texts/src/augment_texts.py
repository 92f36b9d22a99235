"""Augments the training texts of a dataset with copies as people type them: slips of the finger, no accents."""

import unicodedata

import numpy as np
from penstock_ml import dataset, wire


def main() -> None:
    """Inputs: dataset (Artifact), copies, typos, unaccented, seed. Outputs: dataset (Artifact), samples."""
    source = dataset.load(wire.artifact("dataset"))
    copies = wire.integer("copies", default=1, low=0, high=20)
    typos = wire.number("typos", default=0.03, low=0, high=0.5)
    unaccented = wire.number("unaccented", default=0.3, low=0, high=1)
    seed = wire.integer("seed", default=0)
    if source.kind == "Images":
        raise wire.InputError("input 'dataset' holds images, not texts: use augment-images")

    random = np.random.default_rng(seed)
    texts, labels = [str(text) for text in source.train.samples], [source.train.labels]
    for _ in range(copies):
        texts.extend(_varied(str(text), random, typos, unaccented) for text in source.train.samples)
        labels.append(source.train.labels)
    train = dataset.Split(np.array(texts), np.concatenate(labels))
    augmented = dataset.Dataset(source.kind, source.classes, train, source.validation, source.test)
    dataset.save(augmented, wire.output("dataset"))
    wire.write({"samples": len(train)})


def _varied(text: str, random: np.random.Generator, typos: float, unaccented: float) -> str:
    """A copy in which a share `typos` of the letters is dropped, doubled or swapped with the next one."""
    if random.random() < unaccented:
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    letters = list(text)
    for place in np.flatnonzero(random.random(len(letters)) < typos):
        slip = random.integers(3)
        if slip == 0:
            letters[place] = ""
        elif slip == 1:
            letters[place] *= 2
        elif place + 1 < len(letters):
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


if __name__ == "__main__":
    wire.run(main)
