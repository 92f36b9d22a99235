"""Scores a recommender, and others beside it, on likes that it was not trained on."""

import math
from pathlib import Path
from typing import Any

from penstock_ml import charts, ranking, ratings, recommenders, wire

SPLITS = ("Validation", "Test")
WIDTH = 140
"""Of a model in the picture."""


def main() -> None:
    """Inputs: ratings (Artifact), model (Artifact), split, count, seed, behaviour, text, baselines (Artifacts).
    Outputs: picture (Artifact, a PNG), recall, ndcg, coverage, new-recall, table.
    """
    source = ratings.load(wire.artifact("ratings"))
    split = wire.text("split", default="Test", choices=SPLITS)
    count = wire.integer("count", default=10, low=1, high=100)
    seed = wire.integer("seed", default=0)
    others = [*wire.artifacts("baselines"), *map(wire.optional_artifact, ("behaviour", "text"))]
    paths = [*others, wire.artifact("model")]
    table = [_row(path, source, split, count, seed) for path in paths if path is not None]
    _draw(table, source, count, wire.output("picture"))
    chosen = {name: value for name, value in table[-1].items() if name != "algorithm"}
    wire.write({**chosen, "table": table})


def _row(path: Path, source: ratings.Ratings, split: str, count: int, seed: int) -> dict[str, Any]:
    """The figures of one model. A list is of known items, and in the test another one is of new items.

    New items are no matter of validation: no choice may look at them.
    """
    model = recommenders.load(path, source.titles)
    before = source.likes("train") if split == "Validation" else source.likes("train", "validation")
    scores, wanted = model.pipeline.scores(before), source.likes(split.lower())
    known, fresh = ~before & ~source.new, ~before & source.new
    lists = ranking.top(scores, known, count, seed)
    row: dict[str, Any] = {
        "algorithm": model.algorithm,
        "recall": ranking.recall(lists, wanted & known),
        "ndcg": ranking.ndcg(lists, wanted & known),
        "coverage": ranking.coverage(lists, known, int((~source.new).sum())),
    }
    if split == "Test":
        row["new-recall"] = ranking.recall(ranking.top(scores, fresh, count, seed), wanted & fresh)
    return row


def _draw(table: list[dict[str, Any]], source: ratings.Ratings, count: int, path: Path) -> None:
    new = int(source.new.sum())
    series = {"recall": f"{len(source.new) - new:,} items that others have rated"}
    if "new-recall" in table[0]:
        series["new-recall"] = f"{new:,} new items that nobody has rated (guessing: {100 * min(count / new, 1):.1f} %)"
    shown = {row["algorithm"]: {name: row[name] for name in series} for row in table}
    most = max(0.1, math.ceil(10 * max(max(bars.values()) for bars in shown.values())) / 10)
    title = f"Of what users liked next, the share among {count} recommendations"
    sheet = charts.Sheet(title, f"recall@{count}, the mean over users", 1, width=max(WIDTH * len(table), 600))
    frame = sheet.frame(0, "", most)
    frame.bars(shown)
    frame.legend(list(series.values()))
    sheet.save(path)


if __name__ == "__main__":
    wire.run(main)
