"""An operator in this process, against an API server in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan
from penstock.core.seen.snapshot import Observed
from penstock.engine import gate
from penstock.engine.observe import Snapshot
from penstock.shell.client import HttpClient
from penstock.shell.handlers import run
from penstock.shell.process import Operator, Process
from penstock.shell.settings import Settings
from tests.properties.oracle import differences
from tests.shell.fake import FakeCluster

Until = Callable[[Callable[[], Any]], Awaitable[None]]
PATIENCE = 240.0
"""Seconds that anything may take. Nothing is judged by them: only what fails waits so long."""


async def until(holds: Callable[[], Any]) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


async def settled(operator: Operator) -> None:
    """Waits until the operator has nothing to do: no pass is under way or due, and all Events are sent."""
    quiet = 0

    def holds() -> bool:
        nonlocal quiet
        turns = operator.loop._turns.values()
        busy = any(turn.running or turn.timer for turn in turns) or not operator.reporter._queue.empty()
        quiet = 0 if busy else quiet + 1
        return quiet > 20  # what was written comes back by the watch

    await until(holds)


@pytest.fixture(autouse=True)
def oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Plan]]:
    """Whatever happens in a test, a plan of what was touched is that of everything."""
    advanced: list[Plan] = []
    wrong: list[Any] = []
    advance = Snapshot.advance

    def watched(snapshot: Snapshot, course: Course | None) -> Plan | None:
        found = advance(snapshot, course)
        if found is not None:
            advanced.append(found)
            assert isinstance(snapshot.observed, Observed)
            wrong.extend(differences(found, snapshot.plan(), snapshot.observed.now))
        return found

    monkeypatch.setattr(Snapshot, "advance", watched)
    yield advanced
    assert not wrong


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    """An empty cluster. Nobody may ask it for more than the chart grants the operator."""
    found = FakeCluster()
    await found.start()
    yield found
    await found.stop()
    assert not found.beyond, "the chart's rules do not allow this (charts/penstock/templates/_rules.tpl)"


@pytest.fixture
async def client(cluster: FakeCluster) -> AsyncIterator[HttpClient]:
    """A client of it."""
    found = HttpClient(cluster.url, "test", 16)
    yield found
    await found.close()


@asynccontextmanager
async def running(
    cluster: FakeCluster, client: HttpClient | None = None, watches: int = 7, **changes: Any
) -> AsyncIterator[Operator]:
    """An operator that acts and has so many watches; it ends as `kill -9` ends it: nothing is finished or given back.

    `client`: one that is let in by a kubeconfig.
    """
    settings = Settings.model_validate({"leaderElection": False, "resyncSeconds": 3600, **changes})
    client = client or HttpClient(cluster.url, "test", 16)
    process = Process(settings, "test", client=client)
    task = asyncio.create_task(run(process))
    await until(lambda: task.done() or (process.acting.is_set() and len(cluster.watchers()) >= watches))
    try:
        yield process.operator
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lanes each pass of admission looked at."""
    found: list[int] = []
    admit = gate.admit_lanes

    def counted(lanes: Any, *rest: Any) -> Any:
        found.append(len(lanes))
        return admit(lanes, *rest)

    monkeypatch.setattr(gate, "admit_lanes", counted)
    return found
