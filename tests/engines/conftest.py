"""Engines, and projects whose steps they run; of no test anything may be left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.local.containers import Containers
from tests.engines import NAMES
from tests.local.project import Project, until


@pytest.fixture(scope="session", params=os.environ.get(NAMES, "").split() or [""])
def engine(request: pytest.FixtureRequest) -> str:
    """The command of an engine."""
    if not request.param:
        pytest.skip("`python -m tests.engines` runs these tests: it finds an engine, or unpacks a Podman and a Docker")
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def nothing_left(engine: str) -> Iterator[None]:
    """Containers and the processes of their engine, by the names that `penstock run` gives."""
    yield
    assert containers(engine) == []
    until(lambda: processes() == [])  # what watches a container ends a moment after it


@pytest.fixture
def contained(tmp_path: Path, engine: str) -> Project:
    """A project whose steps run in containers."""
    project = Project(tmp_path)
    project.executor = lambda folder: Containers(engine)
    return project


def containers(engine: str) -> list[str]:
    """Those of `penstock run` that there are, running or not."""
    words = [engine, "ps", "--all", "--filter", "name=penstock-p-", "--format", "{{.Names}}"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def processes() -> list[str]:
    """The command lines with the name of such a container."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"penstock-p-" in words:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found
