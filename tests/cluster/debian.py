"""A Debian tree, made by debootstrap: the base of images where no registry can be counted on."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import cache_dir, locked, made
from tests.cluster.progress import ClusterError, stage

SUITE = "bookworm"
PYTHON = ("ca-certificates", "python3", "python3-venv")
NODE = (
    *("systemd", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod"),
    *("libseccomp2", "pigz", "e2fsprogs", "bash", "ca-certificates", "curl", "jq", "procps"),
    *("runc", "containernetworking-plugins", "busybox-static", "catatonit"),
)
"""The packages of the trees that there are: for containers, and for kind's nodes."""
LEFT_OUT = (
    "dev/*",
    "var/cache/apt/*",
    "var/cache/debconf/*",
    "var/lib/apt/lists/*",
    "var/log/*",
    "usr/share/doc/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/man/*",
)
"""What a container never reads: half of the tree."""


def tree(packages: Sequence[str] = PYTHON) -> Path:
    """The tree with these packages as a tar file in the cache; made first, and older ones removed, if it is missing."""
    path = _place(packages)
    if not path.exists():
        with locked(cache_dir() / "locks" / "debian"):
            if not path.exists():
                with stage(f"making a Debian tree with {', '.join(packages[:4])} by debootstrap", seconds=65):
                    _make(path, packages)
                used = {path, _place(PYTHON), _place(NODE)}
                for older in set(path.parent.glob("debian-*.tar")) - used:
                    older.unlink()
    return path


def _place(packages: Sequence[str]) -> Path:
    key = hashlib.sha256(repr((SUITE, tuple(packages), LEFT_OUT)).encode()).hexdigest()[:12]
    return made(cache_dir() / "images") / f"debian-{SUITE}-{key}.tar"


def _make(path: Path, packages: Sequence[str]) -> None:
    log = made(cache_dir() / "logs") / "debootstrap.log"
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".debian-") as work:
        root, unfinished = Path(work) / "root", Path(work) / "tree.tar"
        # Ubuntu has debootstrap without Debian's keys, and then takes what nobody signed.
        # --variant: apt and what is essential, nothing else.
        options = ["--force-check-gpg", "--variant=minbase", f"--include={','.join(packages)}"]
        run(["debootstrap", *options, SUITE, root, *_mirror()], log=log)
        excluded = [f"--exclude=./{pattern}" for pattern in LEFT_OUT]
        run(["tar", "--numeric-owner", *excluded, "-C", root, "-cf", unfinished, "."], log=log)
        unfinished.rename(path)


def _mirror() -> list[str]:
    """The mirror that this machine's apt uses for the suite; none, so debootstrap's own choice, if it uses none."""
    if not shutil.which("apt-get"):
        return []
    query = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    try:
        found = run([*query, "Created-By: Packages", "Origin: Debian", f"Codename: {SUITE}"]).split()
    except ClusterError:
        return []
    return [found[0].rstrip("/")] if found else []
