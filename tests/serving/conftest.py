"""One place for all tests; it takes most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.place import Place, place


@pytest.fixture(scope="session")
def slots() -> Iterator[Place]:
    with place() as found:
        yield found
