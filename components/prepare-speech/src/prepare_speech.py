"""Prepares utterances: the vowels of the image, or recordings from where the user says."""

import recordings
import vowels
from penstock_ml import dataset, download, speech, wire

MOST = 500 * 2**20
"""Bytes of an archive."""


def main() -> None:
    """Inputs: url, digest, holdout, seed. Outputs: speech, dataset (Artifacts), groups, samples, classes."""
    holdout = wire.number("holdout", default=0.1, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    if url := wire.text("url", default=""):
        found = recordings.read(download.fetch("url", url, wire.text("digest"), most=MOST))
    else:
        found = vowels.read()
    divided = speech.divide(found, found.test, holdout=holdout, seed=seed)
    speech.save(found, wire.output("speech"))
    dataset.save(divided, wire.output("dataset"))
    wire.write({"groups": list(found.groups), "samples": len(found.labels), "classes": len(found.classes)})


if __name__ == "__main__":
    wire.run(main)
