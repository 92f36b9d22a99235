"""Steps that wait for room or for a place, against an API server in memory: told once, left in peace, and let in."""

import time
from typing import Any

import pytest

from penstock.core.admission.capacity import Holding
from penstock.core.admission.observed_capacity import PodHold
from penstock.core.admission.shapes import shape
from penstock.core.holders import Kind, Owner
from penstock.engine.store import Key
from penstock.shell.process import Operator
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object


def step(name: str, cpu: int, **more: Any) -> Object:
    return {"name": name, "script": "x", "resources": {"requests": {"cpu": cpu}}, **more}


def pipeline(name: str, *steps: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"defaults": {"image": "i"}, "steps": list(steps), **spec},
    }


def started(cluster: FakeCluster) -> set[str]:
    """The Steps that have Jobs."""
    return {job["metadata"]["ownerReferences"][0]["name"] for job in cluster.all("jobs")}


def reason(cluster: FakeCluster, name: str) -> str | None:
    found: str | None = (cluster.get("steps", name).get("status") or {}).get("reason")
    return found


def writes(cluster: FakeCluster) -> int:
    return sum(count for (verb, _), count in cluster.requests.items() if verb != "GET")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait is told after a moment."""
    for module in ("core.step.waiting", "core.admission.lasting", "engine.gate"):
        monkeypatch.setattr(f"penstock.{module}.PATIENCE", 0.1)


def counted(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """The Pipelines that are planned from now on."""
    planned: list[Key] = []
    make = operator.loop._pass

    async def count(key: Key, turn: Any) -> Any:
        planned.append(key)
        return await make(key, turn)

    monkeypatch.setattr(operator.loop, "_pass", count)
    return planned


@pytest.mark.usefixtures("impatient")
async def test_who_waits_for_room_is_told_once_and_left_in_peace(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(cluster, capacity={"cpu": 1}) as operator:
        cluster.apply(pipeline("holder", step("other", 1)))
        await until(lambda: started(cluster) == {"holder.other"})
        cluster.apply(pipeline("p", *(step(f"s{number}", 1) for number in range(20))))
        names = [f"p.s{number}" for number in range(20)]
        await until(
            lambda: (
                len(cluster.all("steps")) == 21
                and all(reason(cluster, name) == "WaitingForResources" for name in names)
            )
        )
        turn = operator.loop._turns[Key("ns", "p")]
        await until(lambda: not turn.running and (turn.wake_at is None or turn.wake_at > time.time() + 30))
        planned, written = counted(operator, monkeypatch), writes(cluster)
        foreign = PodHold(None, Holding(Owner("a", "b", Kind.POD), shape("a", {"cpu": 50}), "node", own=False))
        for number in range(40):
            operator.store.ledger.put_pod(f"pod-{number}", foreign)
            operator.gate.look()
            operator.store.ledger.drop_pod(f"pod-{number}")
            operator.gate.look()
        assert (planned, writes(cluster)) == ([], written)
        cluster.work()
        await until(lambda: len(started(cluster)) == 2)
        assert planned


@pytest.mark.usefixtures("impatient")
async def test_a_pipeline_whose_passes_fail_starves_no_other(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(cluster, capacity={"cpu": 2}) as operator:
        cluster.apply(pipeline("holder", step("other", 2)))
        await until(lambda: started(cluster) == {"holder.other"})
        cluster.apply(pipeline("first", step("a", 2), priority=9))
        await until(lambda: len(operator.gate.waits(Key("ns", "first"))) == 1)
        cluster.apply(pipeline("second", step("a", 2)))
        await until(lambda: len(operator.gate.waits(Key("ns", "second"))) == 1)
        snapshot, failed = operator.loop.observer.snapshot, 0

        async def fail(key: Key) -> Any:
            nonlocal failed
            if key.name == "first":
                failed += 1
                raise RuntimeError("a fault of this test")
            return await snapshot(key)

        monkeypatch.setattr(operator.loop.observer, "snapshot", fail)
        cluster.work()
        await until(lambda: "second.a" in started(cluster))
        assert failed, "it goes first, and was called first"
        monkeypatch.setattr(operator.loop.observer, "snapshot", snapshot)
        cluster.work()
        await until(lambda: "first.a" in started(cluster))


@pytest.mark.usefixtures("impatient")
async def test_a_step_that_fits_takes_the_place_of_those_that_do_not(cluster: FakeCluster) -> None:
    async with running(cluster, capacity={"cpu": 4}):
        cluster.apply(pipeline("holder", step("other", 1)))
        await until(lambda: started(cluster) == {"holder.other"})
        little = [step(f"little{number}", 1, duration="1s") for number in range(3)]
        cluster.apply(pipeline("p", step("big1", 4), step("big2", 4), *little, parallelism=2))
        await until(lambda: len(cluster.all("steps")) == 6 and len(started(cluster)) == 3)
        assert started(cluster) == {"holder.other", "p.little0", "p.little1"}
        await until(lambda: reason(cluster, "p.little2") == "Parallelism")
        message = cluster.get("steps", "p.little2")["status"]["message"]
        assert message == "2 steps run, as many as spec.parallelism allows"
        cluster.apply(pipeline("p", step("big1", 4), step("big2", 4), *little, parallelism=3))
        await until(lambda: "p.little2" in started(cluster))
