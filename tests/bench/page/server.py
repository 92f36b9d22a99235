"""The page's server as a process of its own, so that what it takes can be told from the rest, and a browser."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.site import Site
from tests.cluster.paths import CHECKOUT
from tests.faults.ground import free_ports
from tests.plane.usage import Process
from tests.scenes.stage import Scene

UI = ("penstock.cli", "ui", "--no-browser")
BASE = "/tools/penstock"
TRIES = 600


class Alone(Site):
    """What `penstock ui` starts."""

    process: Process

    @asynccontextmanager
    async def _serving(self, kubeconfig: Path) -> AsyncIterator[str]:
        async with self._running(*UI, "--kubeconfig", str(kubeconfig)) as server:
            assert server.stdout is not None
            yield (await server.stdout.readline()).decode().strip()

    @asynccontextmanager
    async def _running(self, *words: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
        async with running(*words, **environment) as server:
            self.process = Process(server.pid)
            yield server


class Many(Alone):
    """What runs in the cluster, behind a path of its own. Whoever shows a name that is known is let in."""

    @asynccontextmanager
    async def _serving(self, kubeconfig: Path) -> AsyncIterator[str]:
        port = free_ports(1)
        words = ("penstock.web", "--address=127.0.0.1", f"--port={port}", f"--base-path={BASE}")
        async with self._running(*words, KUBECONFIG=str(kubeconfig)):
            await answering(port)
            yield f"http://127.0.0.1:{port}{BASE}/#token="


@asynccontextmanager
async def running(*words: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module of the checkout as a process that is ended afterwards; it is written to and read from."""
    given = {**os.environ, "PYTHONPATH": f"{CHECKOUT / 'operator'}:{CHECKOUT}", **environment}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *words, stdin=pipe, stdout=pipe, env=given)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def answering(port: int) -> None:
    """Returns once somebody listens there."""
    for _ in range(TRIES):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError("the server does not answer")


@contextmanager
def served(*scenes: Scene, kind: type[Alone] = Alone) -> Iterator[Alone]:
    """The server, with an API server behind it that shows scenes."""
    with tempfile.TemporaryDirectory() as folder, kind(list(scenes), Path(folder)) as site:
        yield site


@contextmanager
def shown(*scenes: Scene) -> Iterator[tuple[Browser, Alone]]:
    """A browser beside it."""
    with served(*scenes) as site, chromium.launched() as browser:
        yield browser, site


def heap(page: Page) -> float:
    """MB that the page's own objects take, without what is rubbish."""
    asked = page.context.new_cdp_session(page)
    asked.send("HeapProfiler.collectGarbage")
    asked.send("Performance.enable")
    told = {one["name"]: one["value"] for one in asked.send("Performance.getMetrics")["metrics"]}
    return float(told["JSHeapUsedSize"]) / 1e6


def tabs(browser: Browser) -> list[Process]:
    """The processes that show pages, of this browser only."""
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return [Process(one["id"]) for one in told if one["type"] == "renderer"]
