"""The project's own command line, as somebody with a kubeconfig uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.space import Space


def penstock(space: Space, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a verb of the command line in the test's namespace."""
    argv = [sys.executable, "-m", "penstock.cli", words[0], "-n", space.name, *words[1:]]
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True)
