"""Packs a model that is good enough with what its user must know: a model card and the versions it needs."""

import hashlib
import importlib.metadata
import shutil

import numpy as np
from penstock_ml import bundle as bundles
from penstock_ml import dataset, models, sketch, wire

LIBRARIES = ("joblib", "numpy", "scikit-learn", "scipy")
MOST_NAMED = 100
"""Classes that a model card names one by one."""


def main() -> None:
    """Inputs: model (Artifact), accuracy, measure, name, dataset (Artifact, optional).

    Outputs: bundle (Artifact, a folder), digest, version.
    """
    path = wire.artifact("model")
    accuracy = wire.number("accuracy", low=0, high=1)
    measure = wire.text("measure", default="Accuracy")
    name = wire.text("name")
    model = models.load(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    bundle = wire.output("bundle")
    bundle.mkdir()
    shutil.copyfile(path, bundle / "model.joblib")
    pins = [f"{library}=={importlib.metadata.version(library)}" for library in LIBRARIES]
    # What a pipeline of our own needs beside them it tells itself: this image may lack it.
    pins.extend(getattr(model.pipeline, "libraries", ()))
    (bundle / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    score = f"{measure} on test samples: {accuracy:.1%}"
    (bundle / "card.md").write_text(_card(name, model, score, digest), encoding="utf-8")
    if folder := wire.optional_artifact("dataset"):
        source = dataset.load(folder)
        unseen = (source.validation, source.test)
        made = sketch.make(model, np.concatenate([split.samples for split in unseen]))
        sketch.save(made, bundle / sketch.FILE)
    wire.write({"digest": f"sha256:{digest}", "version": bundles.seal(bundle)})


def _card(name: str, model: models.Model, score: str, digest: str) -> str:
    return "\n".join(
        [
            f"# {name}",
            "",
            f"- Algorithm: {model.algorithm}",
            f"- Samples: {model.kind}",
            f"- Classes: {_named(model.classes)}",
            f"- {score}",
            f"- File: model.joblib, sha256 {digest}",
            "",
            "The file is a pickle: load it only if you trust the pipeline that made it.",
            "",
        ]
    )


def _named(classes: tuple[str, ...]) -> str:
    if len(classes) <= MOST_NAMED:
        return ", ".join(classes)
    return f"{len(classes)}, such as {', '.join(classes[:3])}"


if __name__ == "__main__":
    wire.run(main)
