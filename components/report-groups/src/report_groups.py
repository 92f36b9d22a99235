"""Reports on groups that were left out one by one: how well each is told by the model that has not heard it."""

import numpy as np
from penstock_ml import dataset, models, picture, scores, wire
from penstock_ml.wire import InputError


def main() -> None:
    """Inputs: datasets, models (Artifacts, one of each a group), groups (List), accuracy.

    Outputs: picture (Artifact, a PNG), mean, worst, worst-group, gap, accuracies.
    """
    names = wire.texts("groups")
    pairs = list(zip(wire.artifacts("datasets"), wire.artifacts("models"), strict=False))
    if not names or len(pairs) != len(names) or any(None in pair for pair in pairs):
        raise InputError(f"there are {len(names)} groups and {len(pairs)} pairs of dataset and model: wire one of each")
    seen = wire.number("accuracy", low=0, high=1)
    shares, accuracies, classes = [], [], ()
    for folder, path in pairs:
        assert folder is not None
        assert path is not None
        source, model = dataset.load(folder), models.load(path)
        labels, predicted = source.test.labels, scores.predict(model, source, source.test)
        right = np.diag(scores.confusion(labels, predicted, len(source.classes)))
        # A class that a group has none of is no mistake.
        shares.append(right / np.maximum(np.bincount(labels, minlength=len(source.classes)), 1))
        accuracies.append(scores.accuracy(labels, predicted))
        classes = source.classes
    mean, worst = round(float(np.mean(accuracies)), scores.DIGITS), min(accuracies)
    title = f"Left out: {mean:.1%} right on average, {worst:.1%} at worst; else {seen:.1%}"
    picture.draw_shares(np.array(shares), tuple(names), classes, title, wire.output("picture"))
    wire.write(
        {
            "mean": mean,
            "worst": worst,
            "worst-group": names[accuracies.index(worst)],
            "gap": round(seen - mean, scores.DIGITS),
            "accuracies": accuracies,
        }
    )


if __name__ == "__main__":
    wire.run(main)
