"""Chooses the best of up to four trained models by their validation accuracies."""

import shutil

from penstock_ml import models, wire

CANDIDATES = ("a", "b", "c", "d")


def main() -> None:
    """Inputs: model-a .. model-d (Artifact), accuracy-a .. accuracy-d. Outputs: model (Artifact), algorithm, accuracy,
    ranking.

    A candidate whose model or accuracy is absent (its branch was skipped or failed) is left out. Of equally good ones
    the first wins.
    """
    ranking = []
    for candidate in CANDIDATES:
        path = wire.optional_artifact(f"model-{candidate}")
        if path is None or not wire.text(f"accuracy-{candidate}", default=""):
            continue
        accuracy = wire.number(f"accuracy-{candidate}", low=0, high=1)
        ranking.append((accuracy, models.load(path).algorithm, path))
    if not ranking:
        raise wire.InputError("no candidate has both a model and an accuracy: wire model-a and accuracy-a at least")
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


if __name__ == "__main__":
    wire.run(main)
