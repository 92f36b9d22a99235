"""The process: what holds the right to act, what ends it, and what does not."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from penstock.shell import process
from penstock.shell.lease import LeaseLost
from tests.shell.conftest import until
from tests.shell.fake import FakeCluster
from tests.shell.leaping import leap
from tests.shell.leases import Api, Way, lease
from tests.shell.objects import Object
from tests.shell.replica import Replica

SOON = 5.0
"""Seconds within which the process has ended once it is asked to, on a machine that is not too busy."""
BUSY = 4.0
"""Times slower a busy machine may be."""


class Stub:
    """An operator of which only the beginning matters: its lists take a while."""

    def __init__(self, name: str, story: list[tuple[str, str, float]], seconds: float) -> None:
        self.name, self.story, self.seconds = name, story, seconds
        self.client = self.settings = self.store = self
        self.lister = self.surroundings = self.loop = self
        self.pipelines = self.steps = ()

    async def first(self) -> None:
        await asyncio.sleep(self.seconds / 2)

    def start(self) -> None:
        self._tell("acts")

    def stop(self) -> None:
        self._tell("stops")

    def parts(self) -> tuple[()]:
        return ()

    def _tell(self, what: str) -> None:
        self.story.append((self.name, what, asyncio.get_running_loop().time()))


def test_the_lease_is_held_while_everything_is_listed() -> None:
    async def scene() -> None:
        api, story = Api(), list[tuple[str, str, float]]()
        tasks = [
            asyncio.create_task(process._operate(Stub(name, story, 100.0), lease(Way(api), name), lambda: None))  # type: ignore[arg-type]
            for name in "ab"
        ]
        await asyncio.sleep(1000)
        assert [what for _, what, _ in story] == ["acts"]
        assert not any(task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    leap(scene())


def test_whoever_loses_the_lease_while_it_lists_does_not_begin_to_act() -> None:
    async def scene() -> None:
        way, story = Way(Api()), list[tuple[str, str, float]]()
        stub = Stub("a", story, 100.0)
        task = asyncio.create_task(process._operate(stub, lease(way, "a"), lambda: None))  # type: ignore[arg-type]
        await asyncio.sleep(20)
        way.cut = True
        with pytest.raises(LeaseLost):
            await task
        assert story == []

    leap(scene())


async def test_a_part_that_fails_begins_again_and_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PAUSE", 0.01)
    begun = 0

    async def part() -> None:
        nonlocal begun
        begun += 1
        raise ValueError("a page instead of JSON")

    failed = process.metrics.PARTS_FAILED.labels("reporter")._value.get
    before = failed()
    task = asyncio.create_task(process._again_and_again("reporter", part))
    await until(lambda: begun > 3)
    assert not task.done()
    assert failed() - before >= 3
    task.cancel()


# --- processes -------------------------------------------------------------------------------------------------------


def pipeline(name: str) -> Object:
    steps = [{"name": "only", "image": "i"}, {"name": "next", "image": "i", "needs": ["only"]}]
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"steps": steps},
    }


def phase(cluster: FakeCluster, name: str) -> str:
    return str((cluster.get("pipelines", name).get("status") or {}).get("phase"))


Replicas = Callable[[str], Replica]


@pytest.fixture
async def replicas(cluster: FakeCluster, tmp_path: Path) -> AsyncIterator[Replicas]:
    """Processes, by name; all are gone after the test."""
    async with AsyncExitStack() as ends:

        def replica(name: str) -> Replica:
            found = Replica(cluster, tmp_path, name)
            ends.push_async_callback(found.close)
            return found

        yield replica


async def acting(cluster: FakeCluster, replica: Replica, name: str = "p") -> None:
    """Waits until the replica has started the first step of a new Pipeline."""
    cluster.apply(pipeline(name))
    await until(lambda: (replica.name, "POST", "/apis/batch/v1/namespaces/ns/jobs") in cluster.writes)


@pytest.mark.parametrize("when", ["standing by", "listing", "acting", "without an answer"])
async def test_whoever_is_asked_to_end_gives_the_lease_back_and_ends_at_once(
    cluster: FakeCluster, replicas: Replicas, when: str
) -> None:
    one, other = replicas("one"), replicas("other")
    if when == "standing by":
        await other.start()
        await until(lambda: other.holds)
        await one.start()
        await until(lambda: "standing by" in one.tail())
    else:
        cluster.pause = asyncio.Event() if when == "listing" else None
        await one.start()
        await until(lambda: one.holds)
        if when != "listing":
            await acting(cluster, one)
    if when == "without an answer":
        cluster.faults.append(lambda verb, path: None if path.endswith("penstock-operator") else 503)
        cluster.work()
    one.send(signal.SIGTERM)
    async with asyncio.timeout(SOON * BUSY):
        assert await one.ended() == 0, one.tail()
    assert "asked=True" in one.tail(), one.tail()
    assert not one.holds
    if when == "standing by":
        assert other.holds


async def test_a_leader_that_was_frozen_writes_nothing_and_ends(cluster: FakeCluster, replicas: Replicas) -> None:
    one, other = replicas("one"), replicas("other")
    await one.start()
    await acting(cluster, one)
    await other.start()
    await until(lambda: "standing by" in other.tail())
    one.send(signal.SIGSTOP)
    cluster.work()  # it would have much to write
    await until(lambda: other.holds)
    await until(lambda: phase(cluster, "p") == "Running" and len(cluster.all("jobs")) == 2)
    cluster.apply(pipeline("q"))
    before = len(cluster.writes)
    one.send(signal.SIGCONT)
    async with asyncio.timeout(SOON * BUSY):
        assert await one.ended() == 1, one.tail()
    written = [path for token, _, path in cluster.writes[before:] if token == "one"]
    assert [path for path in written if "/leases/" not in path] == []
    assert other.holds

    def over() -> bool:
        cluster.work()
        return phase(cluster, "p") == phase(cluster, "q") == "Succeeded"

    await until(over)
    names = [name for name in cluster.created if name.startswith("jobs/")]
    assert len(names) == len(set(names)) == 4
