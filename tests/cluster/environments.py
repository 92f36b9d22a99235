"""Virtual environments beside the one of development, for what would not go with it; kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import cache_dir, locked, made
from tests.cluster.progress import stage

Install = Callable[[Path, list[Path | str], Path], None]
"""Gets the environment, pip as a command, and a folder for what is needed only meanwhile."""


def environment(name: str, pinned: Iterable[Path], title: str, install: Install) -> Path:
    """The virtual environment for pinned versions; made if the cache has none."""
    # A requirements file may name others beside it; Python's version decides which wheels fit.
    key = hashlib.sha256(sys.version.encode() + b"".join(path.read_bytes() for path in pinned)).hexdigest()[:16]
    home = made(cache_dir() / "environments") / f"{name}-{key}"
    with locked(cache_dir() / "locks" / name):
        if not (home / "ready").exists():
            with stage(title, seconds=60):
                shutil.rmtree(home, ignore_errors=True)
                run([sys.executable, "-m", "venv", home])
                with tempfile.TemporaryDirectory() as folder:
                    install(home, [home / "bin/pip", "--disable-pip-version-check"], Path(folder))
                (home / "ready").touch()
    return home
