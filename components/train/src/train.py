"""Trains one classifier on a dataset's training samples."""

from penstock_ml import dataset, models, wire


def main() -> None:
    """Inputs: dataset (Artifact), algorithm, seed. Outputs: model (Artifact), samples."""
    source = dataset.load(wire.artifact("dataset"))
    algorithm = wire.text("algorithm", choices=models.ALGORITHMS)
    seed = wire.integer("seed", default=0)
    pipeline = models.untrained(algorithm, source.kind, seed)
    pipeline.fit(source.train.samples, source.train.labels)
    models.save(models.Model(algorithm, source.kind, source.classes, pipeline), wire.output("model"))
    wire.write({"samples": len(source.train)})


if __name__ == "__main__":
    wire.run(main)
