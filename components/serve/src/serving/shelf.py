"""The folder of packed models that servers read: what is on it is whole, and the last few stay."""

import os
import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from penstock_ml import bundle
from penstock_ml.wire import InputError

FOLDER = Path("/models")
KEPT = 5
"""Versions that stay, the latest used ones."""
HALF = ".half-"
"""How copies under way are called."""
OLD = 3600.0
"""Seconds after which a copy under way is of a process that was killed."""


def put(source: Path, folder: Path = FOLDER) -> str:
    """Copies a bundle to the shelf and returns its version; a bundle that is not as it was sealed is an InputError.

    The copy gets its name when it is whole. It may be there already: if it is no longer as it was, it is put anew.
    """
    if not os.access(folder, os.W_OK):
        raise InputError(
            f"{folder} cannot be written: mount the claim of the slots there, in `pod.volumes` and `pod.volumeMounts`"
            " of the step"
        )
    version = bundle.check(source)
    place = folder / version
    if place.exists() and not _whole(place, version):
        place.rename(folder / f"{HALF}{secrets.token_hex(8)}")
    if not place.exists():
        half = folder / f"{HALF}{secrets.token_hex(8)}"
        shutil.copytree(source, half, copy_function=shutil.copyfile)
        os.utime(half)  # the copy has the age of what it is of, and old ones are swept away
        bundle.check(half, version)
        _written(half)
        try:
            half.rename(place)
        except OSError:  # somebody else was first
            shutil.rmtree(half)
            bundle.check(place, version)
    os.utime(place)
    return version


def tidy(needed: Collection[str], folder: Path = FOLDER) -> None:
    """Removes what is neither needed nor among the versions used last, and what killed processes left."""
    there = (path for path in folder.iterdir() if bundle.VERSION.fullmatch(path.name))
    versions = sorted(there, key=_used, reverse=True)
    halves = [path for path in folder.iterdir() if path.name.startswith(HALF) and _used(path) < time.time() - OLD]
    for path in [*(path for path in versions[KEPT:] if path.name not in needed), *halves]:
        shutil.rmtree(path, ignore_errors=True)


def _whole(place: Path, version: str) -> bool:
    try:
        return bundle.check(place, version) == version
    except InputError:
        return False


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _written(folder: Path) -> None:
    """On the disk, before it gets its name: else a power cut leaves a name with nothing behind it."""
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
