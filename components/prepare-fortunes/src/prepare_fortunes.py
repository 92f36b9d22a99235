"""Prepares Debian's fortune collections: read, label by language or by subject, split, write as a dataset."""

import numpy as np
from penstock_ml import dataset, fortunes, wire


def main() -> None:
    """Inputs: task, languages, limit, length, holdout, seed. Outputs: dataset (Artifact), samples, classes."""
    task = wire.text("task", default="Language", choices=("Language", "Subject"))
    wanted = wire.texts("languages")
    limit = wire.integer("limit", default=900, low=10, high=100_000)
    length = wire.integer("length", default=40, low=10, high=10_000)
    holdout = wire.number("holdout", default=0.2, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)

    random = np.random.default_rng(seed)
    texts: list[str] = []
    labels: list[int] = []
    classes = _languages(wanted) if task == "Language" else list(fortunes.SUBJECTS)
    for label, name in enumerate(classes):
        found = fortunes.of_language(name) if task == "Language" else fortunes.of_subject(name)
        # Cutting can make two texts equal, so they are told apart again after it.
        found = list(dict.fromkeys(fortunes.clip(text, length) for text in found))
        chosen = random.permutation(len(found))[:limit]
        texts.extend(found[index] for index in chosen)
        labels.extend([label] * len(chosen))
    kind = "Characters" if task == "Language" else "Words"
    prepared = dataset.divide(
        kind, classes, np.array(texts), np.array(labels, dtype=np.int64), holdout=holdout, seed=seed
    )
    dataset.save(prepared, wire.output("dataset"))
    wire.write({"samples": len(texts), "classes": classes})


def _languages(wanted: list[str]) -> list[str]:
    known = fortunes.languages()
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise wire.InputError(f"input 'languages' names {', '.join(unknown)}, but there are only {', '.join(known)}")
    chosen = sorted(set(wanted)) or known
    if len(chosen) < 2:
        raise wire.InputError("input 'languages' must name at least two languages, or none for all")
    return chosen


if __name__ == "__main__":
    wire.run(main)
