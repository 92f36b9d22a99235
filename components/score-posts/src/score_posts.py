"""Says of each dated text whether it is bad news: by a lexicon, or by a model that has not learned from that text."""

import numpy as np
from penstock_ml import lexicon, models, posts, scores, wire
from sklearn.model_selection import StratifiedKFold, cross_val_predict

FOLDS = 5


def main() -> None:
    """Inputs: posts (Artifact), algorithm, bad, seed.

    Outputs: found (Artifact), count, share, accuracy and baseline if the texts are labelled.
    """
    source = posts.load(wire.artifact("posts"))
    algorithm = wire.text("algorithm", default="", choices=models.ALGORITHMS)
    seed = wire.integer("seed", default=0)
    wanted = wire.text("bad", default="bearish")
    labelled = all(one.label for one in source)
    if labelled and wanted not in {one.label for one in source}:
        raise wire.InputError(f"no text has the label '{wanted}', which input 'bad' names")
    if algorithm and not labelled:
        raise wire.InputError(f"{algorithm} learns from labels, which not all texts have: leave 'algorithm' empty")
    labels = np.array([one.label == wanted for one in source])
    values = _learned([one.text for one in source], labels, algorithm, seed) if algorithm else _looked_up(source)
    kept = np.flatnonzero(values)
    if not len(kept):
        raise wire.InputError("no text has a word of the lexicon: is it in another language?")
    bad = values[kept] < 0
    posts.save(
        (posts.Found(source[row].date, bool(one)) for row, one in zip(kept, bad, strict=True)), wire.output("found")
    )
    outputs = {"count": len(kept), "share": round(float(bad.mean()), scores.DIGITS)}
    if labelled:
        commonest = max(labels[kept].mean(), 1 - labels[kept].mean())
        outputs |= {
            "accuracy": scores.accuracy(labels[kept], bad),
            "baseline": round(float(commonest), scores.DIGITS),
        }
    wire.write(outputs)


def _looked_up(source: list[posts.Post]) -> np.ndarray:
    """The value of each text (n); 0 says nothing."""
    values = lexicon.words()
    return np.array([lexicon.value(one.text, values) for one in source])


def _learned(texts: list[str], labels: np.ndarray, algorithm: str, seed: int) -> np.ndarray:
    """-1 for bad news, else 1 (n), each by a model trained on the four fifths that the text is not in."""
    if min(labels.sum(), (~labels).sum()) < FOLDS:
        raise wire.InputError(f"there are fewer than {FOLDS} texts of a kind: give more")
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    bad = cross_val_predict(models.untrained(algorithm, "Words", seed), np.array(texts), labels, cv=folds)
    return np.where(bad, -1, 1)


if __name__ == "__main__":
    wire.run(main)
