"""``python -m tests.engines [PYTEST WORDS]``: steps of `penstock run` in containers, by real engines.

By the one of this machine that answers or, if none does, by a Podman and a Docker of our own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from tests.cluster import images
from tests.cluster.engines import container_engine
from tests.cluster.paths import CHECKOUT, locked, state_dir
from tests.cluster.progress import ClusterError, say
from tests.cluster.room import lacking, room
from tests.engines import NAMES


def main() -> int:
    """pytest's exit code. What it prints comes at the end, for other tests print meanwhile."""
    try:
        with ExitStack() as stack:
            inside = _engines(stack)
            if not inside:
                return 0
            say(f"steps in containers of {inside[NAMES]}: what the tests say comes at the end")
            words = [sys.executable, "-m", "pytest", "tests/engines", *sys.argv[1:]]
            inside = {**os.environ, **inside}
            done = subprocess.run(words, cwd=CHECKOUT, env=inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"Steps in containers:\n{done.stdout.decode(errors='replace')}")
    return done.returncode


def _engines(stack: ExitStack) -> Mapping[str, str]:
    """The environment in which there are engines that have the image of Python; empty if none can be had."""
    if found := container_engine():
        images.build(images.chosen(["python"]), found)
        return {NAMES: found.command}
    if why := lacking():
        say(f"no tests of steps in containers: neither Docker nor Podman answers, so start one; {why}")
        return {}
    one = room()
    with locked(state_dir().parent / "room.lock"):
        one.open_for_containers()
        stack.callback(one.docker.stop)
        one.docker.start()
        one.docker.load(images.PYTHON)
    path = os.pathsep.join(map(str, (one.podman.path, one.docker.path, os.environ["PATH"])))
    return {NAMES: "podman docker", "PATH": path}


if __name__ == "__main__":
    sys.exit(main())
