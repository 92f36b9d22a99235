"""Takes the labels that people gave into a dataset, and says how far they agree: Cohen's kappa (1960)."""

import math
from pathlib import Path

import numpy as np
from penstock_ml import dataset, labels, wire
from sklearn.metrics import cohen_kappa_score

DIGITS = 4


def main() -> None:
    """Inputs: dataset (Artifact), tasks (Artifact), files. Outputs: dataset (Artifact), labelled, changed, disputed,
    agreement, kappa.
    """
    source = dataset.load(wire.artifact("dataset"))
    asked = labels.read(wire.artifact("tasks"), source.classes)
    files = wire.texts("files")
    if not 1 <= len(files) <= 2:
        raise wire.InputError(f"input 'files' names {len(files)} files, but must name one, or two of two people")
    people = [_said(Path(file), asked, source.classes) for file in files]
    # One person is compared with what was suggested.
    first, second = people[0], people[1] if len(people) == 2 else {key: task.suggested for key, task in asked.items()}
    both = sorted(set(first) & set(second))
    disputed = {key for key in both if first[key] != second[key]} if len(people) == 2 else set()
    merged = {key: name for person in people for key, name in person.items() if key not in disputed}
    if not merged:
        raise wire.InputError(f"nobody has filled in a label in {' or '.join(files)}, or all are disputed")

    given = source.train.labels.copy()
    for key, name in merged.items():
        given[key] = source.classes.index(name)
    keep = np.setdiff1d(np.arange(len(given)), sorted(disputed))
    train = dataset.Split(source.train.samples[keep], given[keep])
    made = dataset.Dataset(source.kind, source.classes, train, source.validation, source.test)
    dataset.save(made, wire.output("dataset"))
    facts: dict[str, object] = {
        "labelled": len(merged),
        "changed": int(np.count_nonzero(given != source.train.labels)),
        "disputed": len(disputed),
    }
    if both:
        pairs = [first[key] for key in both], [second[key] for key in both]
        facts["agreement"] = round(float(np.mean(np.array(pairs[0]) == np.array(pairs[1]))), DIGITS)
        # Where both only ever say one class, chance agrees as well, and there is no kappa.
        if len({*pairs[0], *pairs[1]}) > 1 and math.isfinite(kappa := cohen_kappa_score(*pairs)):
            facts["kappa"] = round(float(kappa), DIGITS)
    wire.write(facts)


def _said(path: Path, asked: dict[int, labels.Task], classes: tuple[str, ...]) -> dict[int, str]:
    """The labels that a person filled in, by the samples' ids."""
    found = labels.read(path, classes)
    if strange := sorted(set(found) - set(asked)):
        raise wire.InputError(f"{path} tells of sample {strange[0]}, which was not asked about: give these tasks' file")
    return {key: task.label for key, task in found.items() if task.label}


if __name__ == "__main__":
    wire.run(main)
