"""Reports on desks beside each other: how often they find the answer, and how much they hand over to be right."""

from penstock_ml import charts, desk, models, retrieval, scores, wire
from penstock_ml.models import Model

FIRST = (1, 5)
NAMES = ("first", "among the first five")


def main() -> None:
    """Inputs: model, baseline (Artifacts, from index).

    Outputs: picture (Artifact, a PNG), recall1, recall5, baseline1, baseline5, chance5, threshold, answered, right,
    mistaken, interval.
    """
    best, other = _desk("model"), _desk("baseline")
    count, outcome = len(best.pipeline.answers), best.pipeline.outcome()
    found, compared = ([retrieval.recall(one.pipeline.trial.places, most) for most in FIRST] for one in (best, other))
    chance = [min(1.0, most / count) for most in FIRST]

    sheet = charts.Sheet(
        f"Desk: {count} questions, each to find its own answer",
        f"{best.algorithm} answers {outcome.answered * 100:.0f} % by itself, {outcome.right * 100:.0f} % of them right;"
        " a person gets the rest",
        panels=2,
    )
    names = (best.algorithm, other.algorithm, "chance")
    bars = sheet.frame(0, "Questions whose own answer comes")
    shares = zip(found, compared, chance, strict=True)
    bars.bars({title: dict(zip(names, each, strict=True)) for title, each in zip(NAMES, shares, strict=True)})
    bars.legend(names)
    curves = sheet.frame(1, "Right among those answered, the surest first")
    curves.across("questions answered without a person")
    for number, one in enumerate((best, other)):
        curves.curve(number, *one.pipeline.curve())
    if outcome.count:
        curves.point(outcome.answered, outcome.right, f"threshold {best.pipeline.threshold:.2f}")
    sheet.save(wire.output("picture"))

    figures = {
        "recall1": found[0],
        "recall5": found[1],
        "baseline1": compared[0],
        "baseline5": compared[1],
        "chance5": chance[1],
        "threshold": best.pipeline.threshold,
        "answered": outcome.answered,
        "right": outcome.right,
        "mistaken": outcome.mistaken,
    }
    interval = scores.interval(outcome.right, outcome.count) if outcome.count else [0.0, 1.0]
    wire.write({**{name: round(figure, scores.DIGITS) for name, figure in figures.items()}, "interval": interval})


def _desk(name: str) -> Model:
    model = models.load(wire.artifact(name))
    if not isinstance(model.pipeline, desk.Desk):
        raise wire.InputError(f"input '{name}' is a model of {model.kind}, not a desk: wire it from an index step")
    return model


if __name__ == "__main__":
    wire.run(main)
