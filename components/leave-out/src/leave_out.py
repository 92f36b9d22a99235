"""A dataset that one group of speech is left out of: it is the test, and nothing is learned from it."""

from penstock_ml import dataset, speech, wire


def main() -> None:
    """Inputs: speech (Artifact), group, holdout, seed. Outputs: dataset (Artifact), samples."""
    source = speech.load(wire.artifact("speech"))
    group = wire.text("group", choices=source.groups)
    holdout = wire.number("holdout", default=0.1, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    test = source.members == source.groups.index(group)
    dataset.save(speech.divide(source, test, holdout=holdout, seed=seed), wire.output("dataset"))
    wire.write({"samples": int(test.sum())})


if __name__ == "__main__":
    wire.run(main)
