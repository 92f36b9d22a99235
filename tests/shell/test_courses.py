"""The loop goes on from the plan before where it can, and makes a whole one where it must."""

from typing import Any

import pytest

from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan
from penstock.engine.observe import Snapshot
from penstock.engine.store import Key
from tests.shell.conftest import running, settled, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.shell.test_loop import drive, phase

KEY = Key("ns", "p")


def pipeline(count: int) -> Object:
    """Steps in a row."""
    steps: list[Object] = [{"name": f"s{number}", "needs": [f"s{number - 1}"][:number]} for number in range(count)]
    spec: Object = {"defaults": {"image": "i"}, "steps": steps}
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch, oracle: list[Plan]) -> list[Snapshot]:
    """The snapshots of which whole plans were made."""
    found: list[Snapshot] = []
    watched = Snapshot.advance

    def noted(snapshot: Snapshot, course: Course | None) -> Plan | None:
        plan = watched(snapshot, course)
        if plan is None:
            found.append(snapshot)
        return plan

    monkeypatch.setattr(Snapshot, "advance", noted)
    return found


async def test_most_plans_are_of_what_was_touched(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, whole: list[Snapshot], oracle: list[Plan]
) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(12))
        await drive(cluster)
        await settled(operator)
        assert len(oracle) >= 12, "each step ends by one of its own"
        assert len(whole) <= 8, "it is taken up, and rests in the end"
        assert KEY not in operator.store.touched, "what rests is not followed"


async def test_a_resync_and_an_error_are_followed_by_a_whole_plan(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, whole: list[Snapshot]
) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(2))
        await until(lambda: cluster.all("jobs") and not operator.loop._turns[KEY].running)
        before = len(whole)
        await operator.lister.compare()
        await until(lambda: len(whole) == before + 1 and not operator.loop._turns[KEY].running)
        failing = [True]
        ask = operator.gate.ask

        def broken(*given: Any) -> Any:
            if failing:
                failing.pop()
                raise RuntimeError("a fault of this test")
            return ask(*given)

        monkeypatch.setattr(operator.gate, "ask", broken)
        operator.loop.wake(KEY)
        await until(lambda: len(whole) == before + 2)
        assert not failing
        await drive(cluster)
        assert phase(cluster) == "Succeeded"
