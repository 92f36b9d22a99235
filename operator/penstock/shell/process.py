"""The whole of a running operator: what it is made of, and how its parts begin and end."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from penstock.core.admission.observed_capacity import amounts
from penstock.core.seen.snapshot import Thresholds
from penstock.engine import metrics
from penstock.engine.engine import Engine, Options
from penstock.engine.listing import WentBack
from penstock.engine.loop import Loop
from penstock.shell.client import HttpClient
from penstock.shell.health import Health, measure_lag
from penstock.shell.lease import Lease, LeaseLost
from penstock.shell.notify import Notifier
from penstock.shell.settings import NeverFits, Settings
from penstock.shell.watching import watch

log = structlog.get_logger(__name__)

PAUSE = 5.0
"""Seconds until a part that failed begins again."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where probes and scrapes are answered."""

    host: str
    health: int
    metrics: int


class Operator(Engine):
    """The engine with what a process of its own needs beside it."""

    def __init__(self, client: HttpClient, settings: Settings, identity: str) -> None:
        self.client = client
        self.settings = settings
        self.notifier = Notifier(settings.notifications)
        super().__init__(client, _options(settings), identity, self.notifier)

    def problem(self) -> str:
        """What is wrong with this process that a restart may mend."""
        limit = 3 * self.settings.resync_seconds + 60
        if self.lister.age > limit:
            return f"the last complete comparison with the cluster was {self.lister.age:.0f} s ago"
        return ""

    def parts(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the watches, for ever."""
        parts = {
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


async def run(settings: Settings, ports: Ports, version: str) -> int:
    """Runs the operator in this process; returns its exit code."""
    asked = asyncio.Event()

    def heed_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)

    heed_signals()
    identity = os.environ.get("POD_NAME") or socket.gethostname()
    async with AsyncExitStack() as ends:
        client = await HttpClient.connect(version, settings.api_concurrency)
        ends.push_async_callback(client.close)
        operator = Operator(client, settings, identity)
        health = Health(operator.problem)
        ends.push_async_callback(health.close)
        try:
            await health.serve(ports.host, ports.health, ports.metrics)
        except OSError as error:
            log.error("cannot answer probes and scrapes; choose other ports", error=str(error))  # noqa: TRY400
            return 2
        lease = None
        if settings.leader_election:
            # A connection of its own: nothing that the operator does may hold up a renewal.
            own = await HttpClient.connect(version, concurrency=1, attempts=1)
            ends.push_async_callback(own.close)
            lease = Lease(own, os.environ.get("POD_NAMESPACE", "default"), f"{identity}-{os.getpid()}")
            ends.push_async_callback(lease.release)
        main = asyncio.create_task(_operate(operator, lease, heed_signals), name="operator")
        stop = asyncio.create_task(asked.wait(), name="signals")
        await asyncio.wait((main, stop), return_when=asyncio.FIRST_COMPLETED)
        return await _conclude(main)


async def _operate(operator: Operator, lease: Lease | None, began: Callable[[], None]) -> None:
    """Acts as long as it may. Returns if kopf was asked to end; raises what forced it to.

    `began` is called once kopf has begun: whoever handles signals must do so anew.
    """
    if lease is None:
        await _act(operator, began)
    else:
        operator.client.time_left = lambda: lease.left
        await lease.acquire()
        await _until_one_ends(lease.hold(), _act(operator, began))


async def _act(operator: Operator, began: Callable[[], None]) -> None:
    await operator.lister.first()
    await operator.surroundings.first()
    log.info("everything is listed; acting", pipelines=len(operator.store.pipelines), steps=len(operator.store.steps))
    watches = watch(operator.store, operator.loop, operator.settings, began)
    await _until_one_ends(_plan(operator.loop), *operator.parts(), watches)


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
