"""One place for all tests, and one node with models for those that bring some live; they take most of the time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.deployment import Stage, packed
from tests.serving.kubelet import node
from tests.serving.place import Place, place


@pytest.fixture(scope="session")
def slots() -> Iterator[Place]:
    with place() as found:
        yield found


@pytest.fixture(scope="session")
def town(slots: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("serving")
    models, shelf, account = (folder / name for name in ("models", "shelf", "account"))
    for one in (models, shelf, account):
        one.mkdir()
    (account / "token").write_text(slots.token)
    (account / "ca.crt").write_bytes(Path(slots.plane.authority.root.certificate).read_bytes())
    versions = packed(models)
    with node(slots, shelf) as found:
        yield Stage(slots, found, models, versions, account)


@pytest.fixture
def stage(town: Stage) -> Iterator[Stage]:
    """Nothing is live at first."""
    town.reset()
    yield town
    town.reset()
