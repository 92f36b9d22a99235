"""Packages of the distribution that a cluster on this machine needs; installed when that is possible."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import cache_dir, locked
from tests.cluster.progress import ClusterError, say, stage

CNI_PLUGINS = Path("/usr/lib/cni")

NEEDED = {
    "containerd": "containerd",
    "runc": "runc",
    str(CNI_PLUGINS / "bridge"): "containernetworking-plugins",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
    "catatonit": "catatonit",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "mount": "mount",
    "openssl": "openssl",
}
"""Command or file -> the Debian package that brings it."""


def missing(needed: Mapping[str, str] = NEEDED) -> list[str]:
    """The packages whose command or file is not here."""
    return sorted({package for name, package in needed.items() if not (shutil.which(name) or _is_file(name))})


def _is_file(name: str) -> bool:
    return Path(name).is_absolute() and Path(name).is_file()


def ensure(needed: Mapping[str, str] = NEEDED) -> None:
    """Install what is missing, as root with apt; of several that want the same at once one does it.

    Raises:
        ClusterError: not root, or no apt; the text has the command that does it.
    """
    if missing(needed):
        with locked(cache_dir() / "locks" / "apt"):
            _install(missing(needed))


def _install(wanted: list[str]) -> None:
    if not wanted:
        return
    command = f"apt-get install --yes --no-install-recommends {' '.join(wanted)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ClusterError(f"missing on this machine: {', '.join(wanted)}; install them (as root: {command})")
    log = cache_dir() / "apt.log"
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # Services that a package would start (containerd's own) are not wanted: ours run from the state directory.
    say(f"packages are missing, so: {command}")
    with stage("installing packages", seconds=30):
        run(["apt-get", "update", "--quiet"], env=quiet, log=log)
        run(command.split(), env=quiet, log=log)
