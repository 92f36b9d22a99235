"""Who liked what, as a folder: the artifact that travels between the steps of a recommender.

``ratings.json`` describes it, ``items.jsonl`` holds one item a line, ``likes.npz`` the pairs of user and item numbers
by split. No pickles: reading it runs no code.

Each user's likes are split by time: the first to train on, the next for validation, the last for the test. Some items
are *new*: no like of them is in train or validation, all are in the test, as if they had come out yesterday.
"""

import csv
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from penstock_ml.wire import InputError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Ratings:
    """Items by their numbers, and pairs (n, 2) of user and item for each split; `new` is a mask over the items."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    new: Any
    users: int
    train: Any
    validation: Any
    test: Any

    def likes(self, *splits: str) -> Any:
        """Users x items, true where a user likes an item in one of the splits."""
        found = np.zeros((self.users, len(self.titles)), dtype=bool)
        for name in splits:
            pairs = getattr(self, name)
            found[pairs[:, 0], pairs[:, 1]] = True
        return found


def read(folder: Path, threshold: float) -> tuple[list[tuple[str, str]], list[list[int]]]:
    """Items as (title, text), and for each user the items rated `threshold` or more, earliest first.

    The folder holds one `.inter` and one `.item` file in RecBole's atomic format: columns apart by tabs, with a header
    such as ``user_id:token``. Ratings of one moment keep the order of the file. An item's title is its first column
    after the id, its text all of them.
    """
    items = _rows(folder, "item")
    if not items:
        raise InputError(f"{folder} holds a .item file without items: give the items that the ratings are of")
    columns = [name for name in items[0] if name != "item_id"]
    number = {row["item_id"]: index for index, row in enumerate(items)}
    described = [(row[columns[0]], " ".join(row[name] for name in columns)) for row in items]
    by_user: dict[str, list[tuple[float, int]]] = {}
    for line, row in enumerate(_rows(folder, "inter"), start=2):
        try:
            rating, moment, item = float(row["rating"]), float(row["timestamp"]), number[row["item_id"]]
        except KeyError as error:
            missing = f"no column or item {error}; there are user_id, item_id, rating and timestamp in a .inter file"
            raise InputError(f"{folder}: line {line} of the .inter file: {missing}") from None
        except (ValueError, TypeError):
            raise InputError(f"{folder}: line {line} of the .inter file: rating and timestamp are numbers") from None
        if rating >= threshold:
            by_user.setdefault(row["user_id"], []).append((moment, item))
    if not by_user:
        raise InputError(f"{folder} holds no rating of {threshold} or more: lower the threshold")
    return described, [[item for _, item in sorted(by_user[user], key=lambda one: one[0])] for user in by_user]


def divide(
    items: Sequence[tuple[str, str]],
    liked: Sequence[Sequence[int]],
    *,
    holdout: float,
    validation: float,
    new: float,
    seed: int,
) -> Ratings:
    """Splits each user's likes by their order. `holdout`, `validation` and `new` are shares, `seed` draws the new."""
    hidden = np.zeros(len(items), dtype=bool)
    hidden[np.random.default_rng(seed).permutation(len(items))[: round(new * len(items))]] = True
    pairs: dict[str, list[tuple[int, int]]] = {name: [] for name in SPLITS}
    for user, ordered in enumerate(liked):
        last = int(len(ordered) * (1 - holdout))
        first = int(len(ordered) * (1 - holdout - validation))
        for place, item in enumerate(ordered):
            early = "train" if place < first else "validation" if place < last else "test"
            pairs["test" if hidden[item] else early].append((user, item))
    for name, found in pairs.items():
        if not found:
            raise InputError(f"nothing is left for {name}: give more ratings, or other shares")
    titles, texts = zip(*items, strict=True)
    arrays = {name: np.array(found, dtype=np.int64) for name, found in pairs.items()}
    return Ratings(titles, texts, hidden, len(liked), **arrays)


def save(ratings: Ratings, folder: Path) -> None:
    """Writes the ratings to a folder that does not exist yet."""
    folder.mkdir()
    counts = {name: len(getattr(ratings, name)) for name in SPLITS}
    description = {"users": ratings.users, "items": len(ratings.titles), "new": int(ratings.new.sum()), "likes": counts}
    (folder / "ratings.json").write_text(json.dumps(description, indent=2), encoding="utf-8")
    with open(folder / "items.jsonl", "w", encoding="utf-8") as file:
        for title, text, hidden in zip(ratings.titles, ratings.texts, ratings.new, strict=True):
            print(json.dumps({"title": title, "text": text, "new": bool(hidden)}, ensure_ascii=False), file=file)
    np.savez_compressed(folder / "likes.npz", **{name: getattr(ratings, name) for name in SPLITS})


def load(folder: Path) -> Ratings:
    """Reads what `save` wrote; an InputError says what is wrong with anything else."""
    try:
        users = int(json.loads((folder / "ratings.json").read_text(encoding="utf-8"))["users"])
        # Not `splitlines`: it divides at what JSON leaves in a text, such as U+2028.
        with open(folder / "items.jsonl", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        titles, texts = tuple(row["title"] for row in rows), tuple(row["text"] for row in rows)
        new = np.array([row["new"] for row in rows], dtype=bool)
        with np.load(folder / "likes.npz", allow_pickle=False) as arrays:
            return Ratings(titles, texts, new, users, *(arrays[name] for name in SPLITS))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{folder} holds no ratings ({reason}): wire it from prepare-ratings") from None


def _rows(folder: Path, ending: str) -> list[dict[str, str]]:
    files = sorted(folder.glob(f"*.{ending}")) if folder.is_dir() else []
    if len(files) != 1:
        raise InputError(f"{folder} holds {len(files)} .{ending} files: give a folder with a .inter and a .item file")
    with open(files[0], encoding="utf-8", errors="replace", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not lines:
        raise InputError(f"{files[0]} has no header, such as user_id:token: give a file in RecBole's format")
    header, *lines = lines
    names = [column.partition(":")[0] for column in header]
    return [dict(zip(names, line, strict=False)) for line in lines]
