"""Makes a desk of embedded questions: what finds answers, how sure it is, and from when on it answers."""

import json
from pathlib import Path

from penstock_ml import desk, models, retrieval, scores, wire


def main() -> None:
    """Inputs: vectors (Artifacts), by, router (Artifact), right, seed.
    Outputs: model (Artifact), recall1, recall5, threshold, answered, right, mistaken.
    """
    shelf = retrieval.load(_paths(wire.text("vectors")))
    by = wire.text("by", default="Meaning", choices=tuple(retrieval.RETRIEVERS))
    router = wire.optional_artifact("router")
    right = wire.number("right", default=0.8, low=0, high=1)
    seed = wire.integer("seed", default=0)
    if len(shelf.questions) < 10 * desk.FOLDS:
        least = 10 * desk.FOLDS
        raise wire.InputError(f"{len(shelf.questions)} questions are too few to judge a desk by: give at least {least}")
    made = desk.Desk(shelf, retrieval.RETRIEVERS[by], models.load(router) if router else None, right=right, seed=seed)
    models.save(models.Model(made.retriever.name, "Words", made.classes, made), wire.output("model"))
    outcome = made.outcome()
    figures = {
        "recall1": retrieval.recall(made.trial.places, 1),
        "recall5": retrieval.recall(made.trial.places, 5),
        "threshold": made.threshold,
        "answered": outcome.answered,
        "right": outcome.right,
        "mistaken": outcome.mistaken,
    }
    wire.write({name: round(figure, scores.DIGITS) for name, figure in figures.items()})


def _paths(raw: str) -> list[Path]:
    try:
        paths = [Path(path) for path in json.loads(raw)]
    except (ValueError, TypeError):
        raise wire.InputError(f"input 'vectors' is {raw[:80]}, but must be a list of artifacts") from None
    return paths


if __name__ == "__main__":
    wire.run(main)
