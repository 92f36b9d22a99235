"""Suggests labels: what is given, rules and a model vote, and the samples that they are least sure of go to people."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from label_page import page
from penstock_ml import dataset, labels, models, wire
from penstock_ml.confidence import classify
from sklearn.model_selection import StratifiedKFold

FOLDS = 5
DIGITS = 4


def main() -> None:
    """Inputs: dataset (Artifact), model (Artifact, optional), algorithm, rules, count, place, seed.
    Outputs: tasks (Artifact), page (Artifact), count, disagreeing, samples.
    """
    source = dataset.load(wire.artifact("dataset"))
    rules = _rules(source)
    most = wire.integer("count", default=50, low=1, high=10_000)
    answers, sure = _model(source, wire.integer("seed", default=0))
    rows = [
        _row(source, index, rules, source.classes[answers[index]], float(sure[index]))
        for index in range(len(source.train))
    ]
    disagreeing = sum(len(set(row["votes"].values())) > 1 for row in rows)
    asked = sorted(rows, key=lambda row: (row["sure"], row["id"]))[:most]
    tasks = wire.output("tasks")
    labels.write(asked, tasks)
    wire.output("page").write_text(page(asked, source), encoding="utf-8")
    if place := wire.text("place", default=""):
        _lay_out(tasks, Path(place), source.classes)
    wire.write({"count": len(asked), "disagreeing": disagreeing, "samples": len(rows)})


def _rules(source: dataset.Dataset) -> list[tuple[re.Pattern[str], str]]:
    raw = wire.text("rules", default="{}")
    try:
        given = json.loads(raw)
        rules = [(re.compile(pattern, re.IGNORECASE), name) for name, pattern in given.items()]
    except (ValueError, AttributeError, TypeError, re.error) as error:
        raise wire.InputError(f"input 'rules' is no object of a regular expression for each class: {error}") from None
    if strange := [name for _, name in rules if name not in source.classes]:
        raise wire.InputError(f"input 'rules' tells of '{strange[0]}', but there are {', '.join(source.classes[:20])}")
    if rules and source.kind == "Images":
        raise wire.InputError("input 'rules' is for texts, and the dataset holds images: leave it out")
    return rules


def _model(source: dataset.Dataset, seed: int) -> tuple[Any, Any]:
    """Class numbers (n) and confidences (n) of the training samples, each by a model that has not seen it."""
    if given := wire.optional_artifact("model"):
        model = models.load(given)
        if (model.kind, model.classes) != (source.kind, source.classes):
            raise wire.InputError("input 'model' is of another kind of samples or classes: train it on the same")
        return classify(model, source.train.samples)
    algorithm = wire.text("algorithm", default="LogisticRegression", choices=models.ALGORITHMS)
    samples, given_labels = source.train.samples, source.train.labels
    if np.bincount(given_labels).max() < FOLDS:
        raise wire.InputError(f"no class has {FOLDS} training samples, so no model can judge them: give more")
    answers, sure = np.empty(len(samples), dtype=int), np.empty(len(samples))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(given_labels, given_labels):
        pipeline = models.untrained(algorithm, source.kind, seed).fit(samples[seen], given_labels[seen])
        model = models.Model(algorithm, source.kind, source.classes, pipeline)
        answers[unseen], sure[unseen] = classify(model, samples[unseen])
    return answers, sure


def _row(source: dataset.Dataset, index: int, rules: list[Any], answer: str, confidence: float) -> dict[str, Any]:
    sample = source.train.samples[index]
    votes = {"given": source.classes[source.train.labels[index]], "model": answer}
    if hits := {name for rule, name in rules if rule.search(str(sample))}:
        # Rules that contradict each other say nothing.
        votes |= {"rules": hits.pop()} if len(hits) == 1 else {}
    said = list(votes.values())
    suggested = max(votes.values(), key=lambda name: (said.count(name), name == answer))
    given = votes["given"]
    certain = confidence if given == answer else 1 - confidence
    row = {
        "id": index,
        "suggested": suggested,
        "sure": round(certain * said.count(given) / len(said), DIGITS),
        "votes": votes,
        "label": "",
    }
    return row if source.kind == "Images" else {**row, "text": str(sample)}


def _lay_out(tasks: Path, place: Path, classes: tuple[str, ...]) -> None:
    """Copies the tasks to where people change them, unless they have begun to."""
    if place.exists():
        if set(labels.read(place, classes)) != set(labels.read(tasks, classes)):
            raise wire.InputError(f"{place} asks about other samples: move it away, so that nobody's work is lost")
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tasks, place)
    except OSError as error:
        raise wire.InputError(f"cannot write {place} ({error.strerror}): mount a claim there") from None


if __name__ == "__main__":
    wire.run(main)
