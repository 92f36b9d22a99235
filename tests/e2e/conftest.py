"""A fresh namespace for each test, a gate, and what is in the namespace when the test failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import gates
from tests.e2e.space import Space

LONGEST = 1800
"""Seconds after which a test is given up. Its waits end earlier (``space.PATIENCE``); this is for what hangs."""


@pytest.fixture
def space(request: pytest.FixtureRequest) -> Iterator[Space]:
    """A namespace that refuses pods which break Pod Security ``restricted``; deleted afterwards."""
    one = Space.create(_slug(request.node.name))
    yield one
    one.delete()


@pytest.fixture
def gate() -> Iterator[gates.Gate]:
    """Holds containers until the test opens it."""
    with gates.serving() as one:
        yield one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the state of the cluster to the report of a test that failed."""
    report: pytest.TestReport = yield
    given = getattr(item, "funcargs", {}).get("space")
    if report.when == "call" and report.failed and isinstance(given, Space):
        report.sections.append((f"namespace {given.name}", given.describe()))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that none runs on when all others are done; and none is hurried."""
    for item in items:
        item.add_marker(pytest.mark.timeout(LONGEST))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.removeprefix("test_").lower())
