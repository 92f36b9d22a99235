"""Prepares ratings for recommenders: read, keep what users like, split by time, hold back some items as new ones."""

import os
from pathlib import Path

from penstock_ml import ratings, wire


def main() -> None:
    """Inputs: source (Artifact), threshold, holdout, validation, new, seed. Outputs: ratings (Artifact), users, items,
    new-items, likes.
    """
    source = wire.optional_artifact("source") or _bundled()
    threshold = wire.number("threshold", default=4, low=-1e9, high=1e9)
    holdout = wire.number("holdout", default=0.2, low=0.05, high=0.4)
    validation = wire.number("validation", default=0.1, low=0.05, high=0.4)
    new = wire.number("new", default=0.1, low=0.01, high=0.5)
    seed = wire.integer("seed", default=0)
    items, liked = ratings.read(source, threshold)
    prepared = ratings.divide(items, liked, holdout=holdout, validation=validation, new=new, seed=seed)
    ratings.save(prepared, wire.output("ratings"))
    wire.write(
        {
            "users": prepared.users,
            "items": len(prepared.titles),
            "new-items": int(prepared.new.sum()),
            "likes": sum(map(len, liked)),
        }
    )


def _bundled() -> Path:
    """What the image holds. Its variable is not called PENSTOCK_…: `penstock run` would take it for one of its own."""
    place = os.environ.get("RATINGS_FOLDER", "")
    if not place or not Path(place).is_dir():
        raise wire.InputError(
            f"input 'source' is missing, and RATINGS_FOLDER is '{place}', no folder: give ratings, or run this step"
            " in the image that holds some (components/movielens)"
        )
    return Path(place)


if __name__ == "__main__":
    wire.run(main)
