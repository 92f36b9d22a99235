"""The planner: a plan reaches the gate, and goes when nothing can be planned any more."""

import asyncio
import time
from dataclasses import replace

import pytest

from penstock.core.admission.ledger import Ledger
from penstock.core.admission.policies import CRITICAL_PATH, PLANNED, Policy
from penstock.core.admission.turns import Turns
from penstock.core.graph.learned import Learned
from penstock.core.pipeline.plan import Plan
from penstock.core.reasons import Reason
from penstock.engine import metrics
from penstock.engine import planner as module
from penstock.engine.gate import Gate
from penstock.engine.planner import Planner
from penstock.engine.store import Key
from tests.properties.model import Cluster
from tests.shell.conftest import until
from tests.shell.gates import node
from tests.unit.core.foresight.test_planned_pass import HOLDING_BACK, begun, step

KEY, OTHER = Key("ns", "p"), Key("ns", "other")
NAMES = {"prepare", "long", "tail", "short"}


class Setting:
    """A gate before one node with two cores, and its planner."""

    def __init__(self, policy: Policy = PLANNED) -> None:
        self.alarms: list[float] = []
        self.woken: list[Key] = []
        ledger = Ledger()
        ledger.put_node(node(cpu="2"))
        self.gate = Gate(ledger, Learned(), policy, True, lambda key, _: self.woken.append(key), self.alarms.append)
        self.planner = Planner(self.gate)

    async def see(self, key: Key, cluster: Cluster) -> None:
        """The loop has planned that Pipeline; a planned pass ends."""
        self.planner.see(key, cluster.observe(), cluster.plan())
        await self.planner.make_pass()

    def ask(self, cluster: Cluster) -> list[str]:
        """What may start."""
        granted = self.gate.ask(KEY, cluster.plan().ready, cluster.observe().graph)
        self.gate.look()
        self.gate.answered(KEY)
        return [one.node.path for one in granted]


def test_a_plan_holds_back_what_would_cost_the_whole() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        assert len(found.gate.turns) == 4
        assert found.ask(cluster) == ["prepare"]
        (wait,) = found.gate.waits(KEY).values()
        assert wait.reason is Reason.PLANNED_LATER
        assert found.alarms, "it looks again when the turn comes"

    asyncio.run(case())


def test_other_policies_plan_nothing() -> None:
    async def case() -> None:
        found, cluster = Setting(CRITICAL_PATH), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        assert found.ask(cluster) == ["prepare", "short"]

    asyncio.run(case())


def test_a_plan_ends_when_something_comes_that_cannot_be_planned() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        await found.see(OTHER, begun([step("unknown", None)]))
        assert len(found.gate.turns) == 0
        assert found.ask(cluster) == ["prepare", "short"]

    asyncio.run(case())


def test_very_large_pipelines_are_not_planned() -> None:
    async def case() -> None:
        found = Setting()
        many = step("many", "1m", forEach={"vars": [{"name": "n", "range": {"start": 0, "stop": 301}}]})
        await found.see(KEY, begun([many]))
        assert len(found.gate.turns) == 0
        await found.see(OTHER, begun(HOLDING_BACK))
        assert len(found.gate.turns) == 0
        found.planner.forget(KEY)
        await found.planner.make_pass()
        assert len(found.gate.turns) == 4

    asyncio.run(case())


def test_what_has_started_has_had_its_turn() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        cluster.reconcile()
        cluster.start_pods()
        running = sum(verdict.phase == "Running" for _, verdict in cluster.plan().verdicts)
        found.planner.see(KEY, cluster.observe(), cluster.plan())
        assert running
        assert len(found.gate.turns) == 4 - running

    asyncio.run(case())


def test_what_was_let_through_is_not_planned_again() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        granted = found.gate.ask(KEY, cluster.plan().ready, cluster.observe().graph)
        found.gate.look()
        found.planner.started(KEY, granted)
        await found.planner.make_pass()
        assert {key[2] for key in (("ns", "p", one) for one in NAMES) if key in found.gate.turns} == NAMES - {"prepare"}

    asyncio.run(case())


@pytest.mark.parametrize("deleting", [False, True])
def test_what_is_gone_has_no_turns(deleting: bool) -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        assert found.gate.turns
        observed = cluster.observe()
        if deleting:
            going = replace(observed, pipeline=replace(observed.pipeline, deleting=True))
            found.planner.see(KEY, going, Plan())
        else:
            found.planner.forget(KEY)
        assert not found.gate.turns
        await found.planner.make_pass()
        assert not found.gate.turns

    asyncio.run(case())


def test_a_spec_that_is_only_taken_up_changes_nothing() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        found.planner.see(KEY, cluster.observe(), Plan(revision={}))
        await found.planner.make_pass()
        assert len(found.gate.turns) == 4

    asyncio.run(case())


def test_others_go_as_soon_as_what_they_waited_for_is_gone() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        found.gate.follow(
            Turns({("ns", "other", "first"): time.time() + 5000, ("ns", "p", "short"): time.time() + 9000})
        )
        assert found.ask(cluster) == ["prepare"]
        found.woken.clear()
        found.planner.forget(OTHER)
        assert found.woken == [KEY]

    asyncio.run(case())


def test_an_error_in_a_pass_is_told_and_the_next_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no plan")

    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        found.gate.follow(Turns({("ns", "p", "short"): time.time() + 9000}))
        with monkeypatch.context() as broken:
            broken.setattr(module, "worth_planning", fails)
            broken.setattr(module, "BUDGET", 0.0)
            found.planner.see(KEY, cluster.observe(), cluster.plan())
            await until(lambda: metrics.FAILURES._value.get() > failures)
        assert not found.gate.turns
        found.planner.forget(KEY)
        await found.see(KEY, cluster)
        assert len(found.gate.turns) == 4

    failures = metrics.FAILURES._value.get()
    asyncio.run(case())
    assert metrics.FAILURES._value.get() == failures + 1


def test_where_there_is_no_plan_admission_is_not_run_for_one() -> None:
    async def case() -> None:
        found = Setting()
        found.gate.follow = lambda *_: pytest.fail("there is nothing to follow")  # type: ignore[method-assign]
        await found.see(KEY, begun([step("unknown", None)]))

    asyncio.run(case())
