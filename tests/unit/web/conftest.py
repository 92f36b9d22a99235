"""A page's view of scenes: an API server that shows them, a kubeconfig, the server, and a client that has the token."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import failing, small
from tests.unit.web.page import Page

from penstock.cluster.api import Cluster
from penstock.web.server.ui import serving


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(small(), failing())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def page(api: SceneApi, tmp_path: Path) -> AsyncIterator[Page]:
    cluster = Cluster(kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig")))
    async with serving(cluster) as address, aiohttp.ClientSession() as session:
        place, _, token = address.partition("#token=")
        yield Page(session, place, token)
