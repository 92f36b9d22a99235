"""The whole of a running operator: what it is made of, and how its parts begin and end."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, NamedTuple

import structlog

from penstock.core.admission.observed_capacity import amounts
from penstock.core.seen.snapshot import Thresholds
from penstock.engine import metrics
from penstock.engine.children import Children
from penstock.engine.engine import Engine, Options
from penstock.engine.listing import WentBack
from penstock.engine.loop import Loop
from penstock.engine.resources import WRITTEN
from penstock.shell.client import HttpClient
from penstock.shell.lease import Lease, LeaseLost
from penstock.shell.notify import Notifier
from penstock.shell.scraping import measure_lag, serve
from penstock.shell.settings import NeverFits, Settings

log = structlog.get_logger(__name__)

PAUSE = 5.0
"""Seconds until a part that failed begins again."""


class Scraped(NamedTuple):
    """Where metrics are scraped."""

    host: str
    port: int


class Operator(Engine):
    """The engine with what a process of its own needs beside it."""

    def __init__(self, client: HttpClient, settings: Settings, identity: str) -> None:
        self.client = client
        self.settings = settings
        self.notifier = Notifier(settings.notifications)
        super().__init__(client, _options(settings), identity, self.notifier)
        self.children = Children(client, self.lister, self.intake)

    def problem(self) -> str:
        """What is wrong with this process that a restart may mend."""
        limit = 3 * self.settings.resync_seconds + 60
        if self.lister.age > limit:
            return f"the last complete comparison with the cluster was {self.lister.age:.0f} s ago"
        return ""

    async def relisted(self, path: str) -> None:
        """kopf has made a list anew, and does not tell what is gone since it watched last: that is looked for."""
        kinds = {one.path(place): (one, place) for one in WRITTEN for place in self.lister.namespaces}
        if path in kinds:
            try:
                await self.lister.list(*kinds[path])
            except WentBack:
                self.lister.doubt()

    def parts(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the loop, for ever."""
        parts = {
            "children": self.children.run,
            "lister": self.lister.run,
            "clearing": self.clearing.run,
            "surroundings": self.surroundings.run,
            "reporter": self.reporter.run,
            "notifier": self.notifier.run,
            "trouble": self.trouble.run,
            "lag": measure_lag,
        }
        return [_again_and_again(name, part) for name, part in parts.items()]


def _options(settings: Settings) -> Options:
    watch = settings.watch
    return Options(
        namespaces=settings.namespaces,
        catalogue_namespaces=settings.catalogue_namespaces,
        resync_seconds=settings.resync_seconds,
        policy=settings.policy,
        never_fits_fails=settings.never_fits is NeverFits.FAIL,
        capacity=amounts(settings.capacity) if settings.capacity else None,
        courier_image=settings.courier_image,
        thresholds=Thresholds(watch.overdue_factor, watch.overdue_seconds, watch.stalled_seconds),
    )


async def _again_and_again(name: str, part: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a part; one that fails begins again after a pause, and takes nothing else with it."""
    while True:
        try:
            await part()
        except WentBack:
            raise  # only a new start can mend that
        except Exception:
            metrics.PARTS_FAILED.labels(name).inc()
            log.exception("a part of the operator failed; it begins again", part=name, again_in=PAUSE)
        await asyncio.sleep(PAUSE)


class Process:
    """An operator from its beginning to its end. `client`: how it gets at the API server, if not as configured.

    `acting` is set while this replica acts and everything is listed; `over` once there is nothing more for it to do.
    """

    def __init__(
        self, settings: Settings, version: str, scraped: Scraped | None = None, client: HttpClient | None = None
    ) -> None:
        self.settings = settings
        self.version = version
        self.scraped = scraped
        self.acting = asyncio.Event()
        self.over = asyncio.Event()
        self.code = 0
        """The exit code."""
        self.operator: Operator
        self._client = client
        self._main: asyncio.Task[None] | None = None
        self._ends = AsyncExitStack()

    async def begin(self) -> None:
        """Begins to stand by, or to act. Raises OSError if a port cannot be had."""
        identity = os.environ.get("POD_NAME") or socket.gethostname()
        async with AsyncExitStack() as ends:
            client = self._client or await HttpClient.connect(self.version, self.settings.api_concurrency)
            ends.push_async_callback(client.close)
            self.operator = Operator(client, self.settings, identity)
            if self.scraped:
                server = await serve(*self.scraped)
                ends.push_async_callback(server.cleanup)
            lease = None
            if self.settings.leader_election:
                # A connection of its own: nothing that the operator does may hold up a renewal.
                own = await HttpClient.connect(self.version, concurrency=1, attempts=1)
                ends.push_async_callback(own.close)
                lease = Lease(own, os.environ.get("POD_NAMESPACE", "default"), f"{identity}-{os.getpid()}")
                ends.push_async_callback(lease.release)
            self._ends = ends.pop_all()
        self._main = asyncio.create_task(_operate(self.operator, lease, self.acting.set), name="operator")
        self._main.add_done_callback(lambda _: self.over.set())

    async def end(self) -> None:
        """Acts no more, gives the Lease back and lets go of everything."""
        if self._main:
            self.code = await _conclude(self._main)
        await self._ends.aclose()


async def _operate(operator: Operator, lease: Lease | None, listed: Callable[[], None]) -> None:
    """Acts as long as it may; raises what forced it to end. `listed` is called once everything is listed."""
    if lease is None:
        await _act(operator, listed)
    else:
        operator.client.time_left = lambda: lease.left
        await lease.acquire()
        await _until_one_ends(lease.hold(), _act(operator, listed))


async def _act(operator: Operator, listed: Callable[[], None]) -> None:
    await operator.lister.first()
    await operator.surroundings.first()
    log.info("everything is listed; acting", pipelines=len(operator.store.pipelines), steps=len(operator.store.steps))
    listed()
    await _until_one_ends(_plan(operator.loop), *operator.parts())


async def _plan(loop: Loop) -> None:
    loop.start()
    try:
        await asyncio.Event().wait()
    finally:
        loop.stop()


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Does all of it at once until one has ended, and ends the others. Raises what ended the first one."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _conclude(main: asyncio.Task[None]) -> int:
    asked = not main.done()
    main.cancel()
    try:
        with suppress(asyncio.CancelledError):
            await main
    except (LeaseLost, WentBack) as error:
        log.error("this replica must not go on", error=str(error))  # noqa: TRY400 - the words say it all
        return 1
    except Exception:
        log.exception("the operator cannot go on")
        return 1
    log.info("ended", asked=asked)
    return 0
