"""JapaneseVowels (Kudo, Toyama and Shimbo 1999): nine men say two vowels, and the question is who.

640 utterances of 7 to 29 instants with 12 LPC cepstral coefficients each, in the order in which each man said them.
"""

import os
from pathlib import Path

import numpy as np
from penstock_ml import speech
from penstock_ml.wire import InputError

SESSIONS = 6
"""Into so many stretches of time, equally long, each man's utterances are cut: who speaks is asked of one of them."""
LOWEST, HIGHEST = -2.0, 2.0
"""What the coefficients lie between."""


def read() -> speech.Speech:
    """The utterances that the image holds; groups are stretches of time. The test is the file of that name."""
    place = os.environ.get("SPEECH_FOLDER", "")
    if not place or not Path(place).is_dir():
        raise InputError(f"SPEECH_FOLDER is '{place}', no folder: run this step in the image components/speech")
    parts = [_file(Path(place) / f"JapaneseVowels_{part}.ts") for part in ("TRAIN", "TEST")]
    said = [name for names, _ in parts for name in names]
    sounds = np.array([sound for _, sounds in parts for sound in sounds])
    classes = sorted(set(said))
    labels = np.array([classes.index(one) for one in said])
    members = np.zeros(len(labels), dtype=np.int64)
    for label in range(len(classes)):
        mine = np.flatnonzero(labels == label)
        members[mine] = np.arange(len(mine)) * SESSIONS // len(mine)
    groups = tuple(f"session-{number + 1}" for number in range(SESSIONS))
    return speech.Speech(
        tuple(f"speaker-{name}" for name in classes),
        groups,
        sounds,
        labels,
        members,
        np.arange(len(said)) >= len(parts[0][0]),
    )


def _file(path: Path) -> tuple[list[str], list[np.ndarray]]:
    """Labels and sounds of a file in the .ts format: dimensions apart by colons, the label last."""
    names, sounds = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#@":
            *rows, name = line.split(":")
            found = np.array([[float(one) for one in row.split(",")] for row in rows])
            names.append(name.strip())
            sounds.append(np.clip((speech.picture(found) - LOWEST) / (HIGHEST - LOWEST), 0, 1))
    return names, sounds
