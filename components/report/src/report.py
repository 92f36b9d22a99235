"""Reports on a chosen model with the test samples, which nothing before has looked at."""

import numpy as np
from penstock_ml import dataset, models, picture, scores, wire


def main() -> None:
    """Inputs: dataset (Artifact), model (Artifact). Outputs: confusion (Artifact, a PNG), accuracy, interval, baseline,
    macro-f1, algorithm, mistakes.
    """
    source = dataset.load(wire.artifact("dataset"))
    model = models.load(wire.artifact("model"))
    labels, predicted = source.test.labels, scores.predict(model, source, source.test)
    counts = scores.confusion(labels, predicted, len(source.classes))
    accuracy = scores.accuracy(labels, predicted)
    title = f"{model.algorithm}: {accuracy:.1%} of {len(labels)} test samples right"
    picture.draw_confusion(counts, source.classes, title, wire.output("confusion"))
    wire.write(
        {
            "algorithm": model.algorithm,
            "accuracy": accuracy,
            "interval": scores.interval(accuracy, len(labels)),
            "baseline": round(float(np.bincount(labels).max() / len(labels)), scores.DIGITS),
            "macro-f1": scores.macro_f1(labels, predicted),
            "mistakes": scores.mistakes(counts, source.classes),
        }
    )


if __name__ == "__main__":
    wire.run(main)
