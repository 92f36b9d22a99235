"""Scores a trained model on a dataset's validation samples, which it was not trained on."""

from penstock_ml import dataset, models, scores, wire


def main() -> None:
    """Inputs: dataset (Artifact), model (Artifact). Outputs: accuracy, macro-f1."""
    source = dataset.load(wire.artifact("dataset"))
    model = models.load(wire.artifact("model"))
    predicted = scores.predict(model, source, source.validation)
    labels = source.validation.labels
    wire.write({"accuracy": scores.accuracy(labels, predicted), "macro-f1": scores.macro_f1(labels, predicted)})


if __name__ == "__main__":
    wire.run(main)
