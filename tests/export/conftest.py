"""A control plane for each file: an exporter tells of all Pipelines, so none of another file may be there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.controlplane import ControlPlane
from tests.export.ground import ground


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ground() as found:
        yield found
