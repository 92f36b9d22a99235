"""One browser for all tests, and a site for each file of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.browser.site import Site
from tests.scenes.scenes import SCENES
from tests.scenes.stage import Scene

expect.set_options(timeout=60_000)
"""No test judges how fast the machine is."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.launched() as found:
        yield found


@pytest.fixture(scope="session")
def scenes() -> list[Scene]:
    """Played once; each site shows them at its own instant."""
    return [make() for make in SCENES.values()]


@pytest.fixture(scope="module")
def site(scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(scenes, tmp_path_factory.mktemp("site")) as made:
        yield made
