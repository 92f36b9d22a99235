"""What the images stand on: Python from its registry or, where none can be had, from a Debian tree."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from tests.cluster import debian
from tests.cluster.engines import Engine, host_files
from tests.cluster.paths import HERE, cache_dir, made
from tests.cluster.progress import ClusterError, stage

PUBLISHED = "docker.io/library/python:3.11-slim"
DEBIAN = f"localhost/penstock-debian:{debian.SUITE}"
TRUSTING = "localhost/penstock-trusting:dev"
OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
"""Where an administrator puts those of a proxy."""


def foundation(builder: Engine) -> tuple[str, str]:
    """The image that all others are built from, made first if it must be, and the digest of what it was made from."""
    image, inputs = (PUBLISHED, "") if _published(builder) else _debian(builder)
    if builder.mounts or not any(OWN_CERTIFICATES.glob("*.crt")):
        return image, inputs
    return _trusting(builder, image, inputs)


def _published(builder: Engine) -> bool:
    """Whether the engine has or gets the published image; one that had to make its own does not ask again."""
    if builder.builds_alone:
        return False
    if builder.has(PUBLISHED):
        return True
    if builder.inputs(DEBIAN):
        return False
    with stage(f"pulling {PUBLISHED}"):
        return builder.pulls(PUBLISHED)


def _debian(builder: Engine) -> tuple[str, str]:
    if not builder.builds_alone and (os.geteuid() != 0 or not shutil.which("debootstrap")):
        raise ClusterError(f"{PUBLISHED} cannot be pulled; without it, images want root and debootstrap to be built")
    tree = debian.tree()
    dockerfile = HERE / "dockerfiles/debian/Dockerfile"
    inputs = hashlib.sha256(f"{tree.name} {dockerfile.read_text()}".encode()).hexdigest()
    if builder.inputs(DEBIAN) != inputs:
        with stage(f"building {DEBIAN}"):
            builder.build(DEBIAN, dockerfile, tree.parent, {"TREE": tree.name}, inputs)
    return DEBIAN, inputs


def _trusting(builder: Engine, base: str, made_from: str) -> tuple[str, str]:
    """The base with this machine's certificates and settings of pip, for builds that cannot mount them."""
    context = made(cache_dir() / "images" / "trusting")
    total = hashlib.sha256(repr((base, made_from)).encode())
    files = context / "files"
    shutil.rmtree(files, ignore_errors=True)
    for path, inside in host_files().items():
        target = files / inside.lstrip("/")
        made(target.parent)
        shutil.copyfile(path, target)
        total.update(inside.encode() + path.read_bytes())
    dockerfile = HERE / "dockerfiles/trusting/Dockerfile"
    total.update(dockerfile.read_bytes())
    inputs = total.hexdigest()
    if builder.inputs(TRUSTING) != inputs:
        with stage(f"building {TRUSTING}"):
            builder.build(TRUSTING, dockerfile, context, {"BASE": base}, inputs)
    return TRUSTING, inputs
