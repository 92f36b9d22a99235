"""Utterances as a folder: what was said in each, by whom or in which session, and how it sounded.

An utterance is a picture of its sound: cepstral coefficients by time (height, width), in 0..1. So what learns from
images learns from it, too.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from penstock_ml.dataset import Dataset, Split
from penstock_ml.wire import InputError

WIDTH = 20
"""Instants of an utterance, however long it took."""


@dataclass(frozen=True)
class Speech:
    """`sounds` (n, height, width) in 0..1, `labels` (n) into `classes`, `members` (n) into `groups`; `test` (n) says
    which utterances are for the test where nobody is left out.
    """

    classes: tuple[str, ...]
    groups: tuple[str, ...]
    sounds: Any
    labels: Any
    members: Any
    test: Any


def picture(coefficients: Any) -> Any:
    """Coefficients by time (height, any) at `WIDTH` evenly spaced instants (height, WIDTH), between the nearest two."""
    count = coefficients.shape[1]
    instants = np.linspace(0, count - 1, WIDTH)
    return np.array([np.interp(instants, np.arange(count), row) for row in coefficients])


def divide(speech: Speech, test: Any, *, holdout: float, seed: int) -> Dataset:
    """A dataset with these utterances (n) as test; of the others a share of `holdout` is for validation."""
    rest = np.flatnonzero(~test)
    counts = np.bincount(speech.labels[rest], minlength=len(speech.classes))
    if counts.min() * holdout < 1 or not test.any():
        scarce = speech.classes[int(counts.argmin())]
        raise InputError(
            f"there are {int(test.sum())} utterances to test with, and {counts.min()} others of '{scarce}'"
        )
    train, validation = train_test_split(rest, test_size=holdout, stratify=speech.labels[rest], random_state=seed)
    splits = (Split(speech.sounds[rows], speech.labels[rows]) for rows in (train, validation, np.flatnonzero(test)))
    return Dataset("Images", speech.classes, *splits)


def save(speech: Speech, folder: Path) -> None:
    """Writes it to a folder that does not exist yet."""
    folder.mkdir()
    names = {"classes": list(speech.classes), "groups": list(speech.groups)}
    (folder / "speech.json").write_text(json.dumps(names, indent=2), encoding="utf-8")
    np.savez_compressed(
        folder / "speech.npz",
        sounds=speech.sounds,
        labels=speech.labels,
        members=speech.members,
        test=speech.test,
    )


def load(folder: Path) -> Speech:
    """Reads what `save` wrote; an InputError says what is wrong with anything else."""
    try:
        names = json.loads((folder / "speech.json").read_text(encoding="utf-8"))
        with np.load(folder / "speech.npz", allow_pickle=False) as arrays:
            parts = (arrays[name] for name in ("sounds", "labels", "members", "test"))
            return Speech(tuple(names["classes"]), tuple(names["groups"]), *parts)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{folder} holds no speech ({reason}): wire it from a prepare-speech step") from None
