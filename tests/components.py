"""``python -m tests.components``: the components' own tests, in an environment with what their image has.

That environment has scikit-learn and nothing of the operator's; it is made once per set of pinned versions and kept
in the cache.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT, cache_dir, locked, made
from tests.cluster.progress import ClusterError, stage

FOLDER = CHECKOUT / "components"
PINS = FOLDER / "ml/requirements-test.txt"


def main() -> int:
    """Run them; pytest's exit code."""
    try:
        python = environment() / "bin/python"
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    words = [python, "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[1:], FOLDER]
    return subprocess.run([str(word) for word in words], cwd=FOLDER).returncode


def environment() -> Path:
    """The virtual environment for the pinned versions; made if the cache has none."""
    # A requirements file may name others beside it; Python's version decides which wheels fit.
    pinned = b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*/requirements*.txt")))
    key = hashlib.sha256(sys.version.encode() + pinned).hexdigest()[:16]
    home = made(cache_dir() / "environments") / f"components-{key}"
    with locked(cache_dir() / "locks" / "components"):
        if not (home / "ready").exists():
            with stage("installing what the components' tests need", seconds=60):
                shutil.rmtree(home, ignore_errors=True)
                run([sys.executable, "-m", "venv", home])
                with tempfile.TemporaryDirectory() as folder:
                    log = Path(folder) / "log"
                    run([home / "bin/pip", "install", "--disable-pip-version-check", "--requirement", PINS], log=log)
                (home / "ready").touch()
    return home


if __name__ == "__main__":
    sys.exit(main())
