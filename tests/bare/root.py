"""A bare root: a Debian tree with nothing but what the README asks for, and a clean clone of this checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bare import machine
from tests.cluster import debian
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT, made
from tests.cluster.progress import stage

PACKAGES = ("ca-certificates", "git", "make", "python3")
"""What the README wants of a machine."""
CLONE = f"{machine.PLAIN['HOME']}/penstock"


def make(root: Path) -> None:
    """Fill the directory, which is empty or absent, and clone the commit that is checked out here."""
    tree = debian.tree(PACKAGES)
    with stage("unpacking a bare Debian and cloning this checkout into it"):
        run(["tar", "--numeric-owner", "-C", made(root), "-xf", tree])
        made(root / "dev")
        for path, inside in machine.settings().items():
            target = root / inside.lstrip("/")
            made(target.parent)
            shutil.copyfile(path, target)
        (root / "etc/apt/apt.conf.d/90machine").write_text(machine.apt_settings())
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        run(["chroot", root, "update-ca-certificates"])
        run(["git", "clone", "--quiet", "--no-local", CHECKOUT, root / CLONE.lstrip("/")])


def changes() -> str:
    """What is changed here and not committed, so not in a clone."""
    return run(["git", "-C", CHECKOUT, "status", "--short"])


def commit() -> str:
    """The commit that is cloned, shortened."""
    return run(["git", "-C", CHECKOUT, "rev-parse", "--short", "HEAD"]).strip()
