"""Where things are kept: downloads and builds in a cache, what runs now in a state directory; never in the checkout."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


def cache_dir() -> Path:
    """What can be built or fetched again: binaries and images, keyed by version; PENSTOCK_CACHE moves it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return made(Path(os.environ.get("PENSTOCK_CACHE") or home / "penstock"))


def state_dir() -> Path:
    """What belongs to the cluster that runs now: certificates, data, logs, pid files; PENSTOCK_STATE moves it."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return made(Path(os.environ.get("PENSTOCK_STATE") or home / "penstock") / "cluster")


def made(path: Path) -> Path:
    """The directory, created with its parents if it was not there."""
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file, so that two commands at once do the work once."""
    made(path.parent)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
