"""Debian packages that are unpacked in the cache and not installed: no other command of this machine finds them.

And what the engines have in common that are made of such packages.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import packages
from tests.cluster.commands import run
from tests.cluster.paths import cache_dir, locked, made
from tests.cluster.progress import ClusterError, stage


def unpacked(name: str, wanted: Sequence[str]) -> Path:
    """The directory of this name in the cache, with what these packages have below ``/``; made if it is missing.

    What they depend on must be installed: the packages of a cluster are, first.

    Raises:
        ClusterError: there is no apt-get, or it cannot get one of them.
    """
    packages.ensure()
    home = cache_dir() / name
    with locked(cache_dir() / "locks" / name):
        if not home.exists():
            if not shutil.which("apt-get"):
                raise ClusterError(f"{name} is unpacked from Debian's packages, and there is no apt-get here")
            with stage(f"unpacking {', '.join(wanted)}", seconds=10):
                unfinished = cache_dir() / f".{name}"
                shutil.rmtree(unfinished, ignore_errors=True)
                run(["apt-get", "download", "--quiet", *wanted], cwd=made(unfinished))
                for package in unfinished.glob("*.deb"):
                    run(["dpkg-deb", "--extract", package, unfinished])
                    package.unlink()
                unfinished.rename(home)
    return home


@dataclass(frozen=True)
class Unpacked:
    """An engine of such packages: what is its own lies in ``folder``, and it runs in namespaces (nsenter's words)."""

    folder: Path
    namespaces: Sequence[str]

    @property
    def path(self) -> Path:
        """The directory to put on PATH."""
        return self.folder / "bin"

    def write(self, name: str, script: str) -> Path:
        """Put a command there: a script of the shell."""
        command = made(self.path) / name
        command.write_text(f"#!/bin/sh\n{script}")
        command.chmod(0o755)
        return command
