"""Chooses the best of several trained models by their validation accuracies."""

import shutil
from pathlib import Path

from penstock_ml import models, wire

CANDIDATES = ("a", "b", "c", "d")


def main() -> None:
    """Inputs: model-a .. model-d (Artifact), accuracy-a .. accuracy-d, models (Artifacts), accuracies (List). Outputs:
    model (Artifact), algorithm, accuracy, ranking.

    A candidate whose model or accuracy is absent (its branch was skipped or failed) is left out. Of equally good ones
    the first wins.
    """
    ranking = [(accuracy, models.load(path).algorithm, path) for path, accuracy in [*_named(), *_fanned_out()]]
    if not ranking:
        raise wire.InputError(
            "no candidate has both a model and an accuracy: wire model-a and accuracy-a at least, or models and"
            " accuracies"
        )
    ranking.sort(key=lambda entry: -entry[0])
    accuracy, algorithm, path = ranking[0]
    shutil.copyfile(path, wire.output("model"))
    wire.write(
        {
            "algorithm": algorithm,
            "accuracy": accuracy,
            "ranking": [{"algorithm": name, "accuracy": score} for score, name, _ in ranking],
        }
    )


def _named() -> list[tuple[Path, float]]:
    found = []
    for candidate in CANDIDATES:
        path = wire.optional_artifact(f"model-{candidate}")
        if path is not None and wire.text(f"accuracy-{candidate}", default=""):
            found.append((path, wire.number(f"accuracy-{candidate}", low=0, high=1)))
    return found


def _fanned_out() -> list[tuple[Path, float]]:
    paths, accuracies = wire.artifacts("models"), wire.numbers("accuracies", low=0, high=1)
    if len(paths) != len(accuracies):
        raise wire.InputError(
            f"there are {len(paths)} models and {len(accuracies)} accuracies: wire both from the same fan-out"
        )
    pairs = zip(paths, accuracies, strict=True)
    return [(path, accuracy) for path, accuracy in pairs if path is not None and accuracy is not None]


if __name__ == "__main__":
    wire.run(main)
