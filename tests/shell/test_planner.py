"""The planner: a plan reaches the gate, and goes when nothing can be planned any more."""

import asyncio
import time

from penstock.core.reasons import Reason
from penstock.core.scheduling.learned import Learned
from penstock.core.scheduling.ledger import Ledger
from penstock.core.scheduling.policies import CRITICAL_PATH, PLANNED, Policy
from penstock.shell.gate import Gate
from penstock.shell.planner import Planner
from penstock.shell.store import Key
from tests.properties.model import Cluster
from tests.shell.test_gate import node
from tests.unit.core.scheduling.test_planned_pass import HOLDING_BACK, begun, step

KEY, OTHER = Key("ns", "p"), Key("ns", "other")


class Setting:
    """A gate before one node with two cores, and its planner."""

    def __init__(self, policy: Policy = PLANNED) -> None:
        self.alarms: list[float] = []
        self.woken: list[Key] = []
        ledger = Ledger()
        ledger.put_node(node(cpu="2"))
        self.gate = Gate(ledger, Learned(), policy, True, self.woken.append, self.alarms.append)
        self.planner = Planner(self.gate)

    async def see(self, key: Key, cluster: Cluster) -> None:
        """The loop has planned that Pipeline; the planned pass ends."""
        self.planner.see(key, cluster.observe(), cluster.plan())
        for _ in range(100):
            await asyncio.sleep(0.01)
            if self.planner.idle:
                return

    def ask(self, cluster: Cluster) -> list[str]:
        """What may start."""
        granted = self.gate.ask(KEY, cluster.plan().ready, cluster.observe().graph, time.time())
        return [one.node.path for one in granted]


def test_a_plan_holds_back_what_would_cost_the_whole() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        assert len(found.gate.turns) == 4
        assert found.ask(cluster) == ["prepare"]
        (wait,) = found.gate.waits(KEY).values()
        assert wait.reason is Reason.PLANNED_LATER
        assert len(found.alarms) == 1

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
        found.planner.forget(OTHER)
        assert found.gate.turns.assign([]) == []

    asyncio.run(case())


def test_very_large_pipelines_are_not_planned() -> None:
    async def case() -> None:
        found = Setting()
        many = step("many", "1m", forEach={"vars": [{"name": "n", "range": {"start": 0, "stop": 301}}]})
        await found.see(KEY, begun([many]))
        assert len(found.gate.turns) == 0
        await found.see(OTHER, begun(HOLDING_BACK))
        assert len(found.gate.turns) == 0

    asyncio.run(case())


def test_what_has_started_has_had_its_turn() -> None:
    async def case() -> None:
        found, cluster = Setting(), begun(HOLDING_BACK)
        await found.see(KEY, cluster)
        cluster.reconcile()
        cluster.start_pods()
        running = sum(verdict.phase == "Running" for _, verdict in cluster.plan().verdicts)
        await found.see(KEY, cluster)
        assert running
        assert len(found.gate.turns) == 4 - running

    asyncio.run(case())
