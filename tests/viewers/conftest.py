"""One town for all tests; it takes most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.viewers.town import Town, town


@pytest.fixture(scope="session")
def place() -> Iterator[Town]:
    with town() as found:
        yield found
