"""Dated texts, of the image or from where the user says, as one file in the order of their dates; and if they are
labelled, as a dataset to train on.
"""

import csv
from datetime import date

import numpy as np
from penstock_ml import dataset, download, lexicon, posts, wire

MOST = 200 * 2**20
"""Bytes of a file."""


def main() -> None:
    """Inputs: urls, digests (Lists), date-column, text-column, label-column, holdout, seed.

    Outputs: posts, dataset (Artifacts; dataset if there are labels), count, first, last, labelled.
    """
    holdout = wire.number("holdout", default=0.1, low=0.05, high=0.4)
    seed = wire.integer("seed", default=0)
    # The same text twice could be trained on and tested with.
    rows = {row[1]: row for row in _rows() if row[1]}
    found = sorted((_post(*row) for row in rows.values()), key=lambda one: one.date)
    if not found:
        raise wire.InputError("no row has a text: is input 'text-column' what you meant?")
    posts.save(found, wire.output("posts"))
    labels = sorted({one.label for one in found})
    labelled = "" not in labels and len(labels) > 1
    if labelled:
        texts, classes = np.array([one.text for one in found]), np.array([labels.index(one.label) for one in found])
        divided = dataset.divide("Words", labels, texts, classes, holdout=holdout, seed=seed)
        dataset.save(divided, wire.output("dataset"))
    first, last = (found[place].date.isoformat() for place in (0, -1))
    wire.write({"count": len(found), "first": first, "last": last, "labelled": labelled})


def _rows() -> list[tuple[str, ...]]:
    urls, digests = wire.texts("urls"), wire.texts("digests")
    if len(urls) != len(digests):
        raise wire.InputError(f"there are {len(urls)} urls and {len(digests)} digests: give one for each")
    if not urls:
        with (lexicon.folder() / "addresses.csv").open(encoding="utf-8", newline="") as file:
            return [(row["date"], row["text"]) for row in csv.DictReader(file)]
    columns = [wire.text("date-column", default="date"), wire.text("text-column", default="text")]
    if label := wire.text("label-column", default=""):
        columns.append(label)
    return [
        row
        for url, digest in zip(urls, digests, strict=True)
        for row in download.table("urls", url, digest, columns, most=MOST)
    ]


def _post(day: str, text: str, label: str = "") -> posts.Post:
    try:
        return posts.Post(date.fromisoformat(day[:10]), text, label)
    except ValueError:
        raise wire.InputError(
            f"'{day}' is no date such as 2026-11-30: is input 'date-column' what you meant?"
        ) from None


if __name__ == "__main__":
    wire.run(main)
