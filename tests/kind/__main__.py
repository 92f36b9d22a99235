"""``python -m tests.kind demo|e2e|cluster [WORDS]|down``: what users do on kind, in a room beside any other cluster.

The image of kind's nodes and the Podman that they run in are made here, from Debian packages and Go modules.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.cluster.paths import CHECKOUT, locked, state_dir
from tests.cluster.progress import ClusterError
from tests.cluster.room import room

COMMANDS = ("demo", "e2e", "cluster")


def main() -> int:
    """The exit code of the command that ran in the room."""
    name, *words = sys.argv[1:] or [""]
    try:
        with locked(state_dir().parent / "room.lock"):
            if name == "down":
                room().close()
                return 0
            if name not in COMMANDS:
                raise ClusterError(f"one of: {', '.join(COMMANDS)}, down")
            room().open()
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    inside = {**os.environ, **room().environment}
    return subprocess.run([sys.executable, "-m", f"tests.{name}", *words], cwd=CHECKOUT, env=inside).returncode


if __name__ == "__main__":
    sys.exit(main())
