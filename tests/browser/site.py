"""The server with scenes behind it, in a thread, and pages that notice whatever a browser complains about."""

from __future__ import annotations

import asyncio
import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, Page

from penstock.cluster.api import Cluster
from penstock.core import labels
from penstock.web.server.ui import serving
from tests.scenes.api import SceneApi
from tests.scenes.logs import ContainerLog
from tests.scenes.stage import Scene, moved


class Site:
    """A server that runs as long as the context lasts. `place` and `token` are the two halves of its address."""

    def __init__(self, scenes: list[Scene], folder: Path) -> None:
        self.api = SceneApi(*(moved(one, time.time()) for one in scenes))
        self.place = self.token = ""
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run()), daemon=True)

    async def _run(self) -> None:
        await self.api.start()
        async with self._serving(self.api.kubeconfig(self._folder / "kubeconfig")) as address:
            self.place, _, self.token = address.partition("#token=")
            self._ready.set()
            await self._end.wait()
        await self.api.stop()

    def _serving(self, kubeconfig: Path) -> AbstractAsyncContextManager[str]:
        """The server, as long as the context lasts; its address with the token."""
        return serving(Cluster(kubeconfig=str(kubeconfig)))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    def do(self, call: Callable[[], Any]) -> None:
        """Lets something happen in the cluster."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (call(), done.set()))
        assert done.wait(30)

    def change(self, kind: str, name: str, **status: Any) -> None:
        """Changes the status of an object."""
        obj = copy.deepcopy(self.api.objects[kind, "ml", name])
        obj["status"] = {**(obj.get("status") or {}), **status}
        self.do(lambda: self.api.put(obj))

    def log(self, pipeline: str, step: str, attempt: int, log: ContainerLog) -> ContainerLog:
        """Gives an attempt of a step a log."""
        self.api.logs[self.pod(pipeline, step, attempt)] = log
        return log

    def pod(self, pipeline: str, step: str, attempt: int) -> str:
        """The name of the pod of an attempt of a step."""
        wanted = {labels.PIPELINE: pipeline, labels.STEP: step, labels.ATTEMPT: str(attempt)}
        pods = [one["metadata"] for (kind, *_), one in self.api.objects.items() if kind == "Pod"]
        (name,) = [one["name"] for one in pods if wanted.items() <= (one.get("labels") or {}).items()]
        return str(name)


@contextmanager
def noticing(browser: Browser, place: str, quiet: bool = True, **options: Any) -> Iterator[Page]:
    """A page in a browser that knows nothing yet.

    Whatever the browser complains about is a failure, and so is a request to anywhere else than `place`. Not `quiet`:
    requests may fail.
    """
    with listening(browser, place, **options) as (page, complaints):
        yield page
    found = [one for one in complaints if quiet or "Failed to load resource" not in one]
    assert not found, found


@contextmanager
def listening(browser: Browser, place: str, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page in a browser that knows nothing yet, and whatever that complains about, or asks of others than `place`."""
    context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options})
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: (
            complaints.append(f"{said.type}: {said.text} {said.location.get('url', '')}".strip())
            if said.type != "log"
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda sent: None if sent.url.startswith(place) else complaints.append(sent.url))
    yield page, complaints
    context.close()


@contextmanager
def looking(browser: Browser, site: Site, where: str = "", quiet: bool = True, **options: Any) -> Iterator[Page]:
    """A page at an address of a site, as `noticing` has it."""
    with noticing(browser, site.place, quiet, **options) as page:
        page.goto(f"{site.place}{where}#token={site.token}")
        yield page
