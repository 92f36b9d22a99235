"""One control plane for all tests; it takes most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.controlplane import ControlPlane
from tests.export.ground import ground


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    with ground() as found:
        yield found
