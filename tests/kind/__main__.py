"""``python -m tests.kind demo|e2e|accidents|cluster [WORDS]|quick|down``: kind, in a room beside any other cluster.

The image of kind's nodes and the Podman that they run in are made here, from Debian packages and Go modules. ``quick``
is what ``make test`` runs on kind when its cluster is one of processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO

from tests.cluster.choice import ASKED, choose
from tests.cluster.local import LocalCluster
from tests.cluster.paths import CHECKOUT, locked, made, state_dir
from tests.cluster.progress import ClusterError, say
from tests.cluster.room import lacking, room

COMMANDS = {
    "demo": ("tests.demo",),
    "e2e": ("tests.e2e",),
    "accidents": ("pytest", "tests/kind"),
    "cluster": ("tests.cluster",),
}
QUICK = (("accidents",), ("demo",), ("e2e", "-m", "kind"))
"""What happens to clusters and engines, what users see first, and of the acceptance cases those with the mark."""


def main() -> int:
    """The exit code of the command that ran in the room."""
    name, *words = sys.argv[1:] or [""]
    try:
        if name == "quick":
            return _quick()
        with locked(state_dir().parent / "room.lock"):
            if name == "down":
                room().close()
                return 0
            if name not in COMMANDS:
                raise ClusterError(f"one of: {', '.join(COMMANDS)}, quick, down")
            room().open()
        return _run(name, *words)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _quick() -> int:
    """Run it, if it adds something and can be had. What it prints comes at the end, for other tests print meanwhile."""
    if why := needless():
        say(f"no tests on kind beside those of this cluster: {why}")
        return 0
    log = made(state_dir().parent / "logs") / "kind.log"
    say(
        f"the demo and a third of the acceptance cases run on kind too; what they say comes at the end, and is in {log}"
    )
    with locked(state_dir().parent / "room.lock"):
        room().open()
    with log.open("w") as file:
        code = next((code for words in QUICK if (code := _run(*words, output=file))), 0)
    sys.stdout.write(f"On kind:\n{log.read_text()}")
    return code


def needless() -> str:
    """Why nothing is run on kind beside what runs on the cluster that is chosen; empty if something is."""
    one = choose().cluster
    if not isinstance(one, LocalCluster):
        return f"it is {one.kind}"
    if os.environ.get(ASKED):
        return f"{ASKED} asks for processes"
    return lacking()


def _run(name: str, *words: str, output: IO[str] | None = None) -> int:
    inside = {**os.environ, **room().environment}
    argv = [sys.executable, "-m", *COMMANDS[name], *words]
    return subprocess.run(argv, cwd=CHECKOUT, env=inside, stdout=output, stderr=output).returncode


if __name__ == "__main__":
    sys.exit(main())
