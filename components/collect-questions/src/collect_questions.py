"""Collects questions with answers by topic: what to fan out over, and datasets to tell topics and products apart."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from penstock_ml import dataset, questions, wire
from penstock_ml.questions import Question

FEWEST = 5
"""Questions of a topic from which on it can be learned: fewer do not reach all three splits."""


def main() -> None:
    """Inputs: holdout, seed. Outputs: shards (List of {topic, digest}), topics and products (Artifacts), questions."""
    holdout = wire.number("holdout", default=0.2, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    found = {topic: questions.of(topic) for topic in questions.topics()}
    everything = [one for group in found.values() for one in group]
    learnable = [one for group in found.values() if len(group) >= FEWEST for one in group]
    _write([one.topic for one in learnable], learnable, holdout, seed, wire.output("topics"))
    _write([one.product for one in everything], everything, holdout, seed, wire.output("products"))
    shards = [{"topic": topic, "digest": questions.digest(topic)} for topic, group in found.items() if group]
    wire.write({"shards": shards, "questions": len(everything)})


def _write(names: Sequence[str], asked: Sequence[Question], holdout: float, seed: int, folder: Path) -> None:
    classes = sorted(set(names))
    texts = np.array([one.question for one in asked])
    labels = np.array([classes.index(name) for name in names], dtype=np.int64)
    dataset.save(dataset.divide("Words", classes, texts, labels, holdout=holdout, seed=seed), folder)


if __name__ == "__main__":
    wire.run(main)
