"""A gate before one node with two GPUs, and Pipelines that ask it for room."""

from typing import Any

from penstock.core.admission.capacity import NodeView
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import amounts
from penstock.core.admission.policies import PLANNED
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.engine import gate as module
from penstock.engine.gate import Gate
from penstock.engine.store import Key
from tests.properties.model import Cluster
from tests.properties.objects import START

FIRST, SECOND, THIRD = Key("ns", "first"), Key("ns", "second"), Key("ns", "third")


def node(name: str = "node-1", **more: str) -> NodeView:
    found = amounts({"cpu": "8", "memory": "16Gi", "pods": "110", "nvidia.com/gpu": "2", **more})
    return NodeView(name, found, found)


class Pipeline:
    """A Pipeline whose Steps are ready: one for each number of GPUs."""

    def __init__(self, key: Key, *gpus: int, **spec: Any) -> None:
        self.cluster = Cluster()
        steps = [{"name": f"s{at}", "script": "x", "resources": _gpus(count)} for at, count in enumerate(gpus)]
        manifest = {"kind": "Pipeline", "metadata": {"name": key.name}}
        self.cluster.apply({**manifest, "spec": {"defaults": {"image": "i"}, "steps": steps, **spec}})
        for _ in range(2):
            for write in self.cluster.writes_of(self.cluster.plan()):
                write()
            self.cluster.objects = {at: obj for at, obj in self.cluster.objects.items() if at[0] != "Job"}

    @property
    def ready(self) -> list[Ready]:
        return self.cluster.plan().ready

    @property
    def graph(self) -> Graph:
        found = self.cluster.observe().graph
        assert found
        return found


def _gpus(count: int) -> dict[str, Any]:
    return {"requests": {"cpu": "100m", "nvidia.com/gpu": str(count)}}


class Setting:
    """A gate before one node with two GPUs."""

    def __init__(self, never_fits_fails: bool = True) -> None:
        self.now = START
        self.wakes: list[tuple[Key, float]] = []
        self.alarms: list[float] = []
        self.learned = Learned()
        self.ledger = Ledger()
        self.ledger.put_node(node())
        alarm = self.alarms.append
        self.gate = Gate(self.ledger, self.learned, PLANNED, never_fits_fails, self._wake, alarm, lambda: self.now)
        self.pipelines: dict[Key, Pipeline] = {}

    def _wake(self, key: Key, at: float) -> None:
        self.wakes.append((key, at))

    @property
    def woken(self) -> list[Key]:
        """Who is to look at once."""
        return [key for key, at in self.wakes if at <= self.now]

    def ask(self, key: Key, *gpus: int, **spec: Any) -> list[str]:
        """Steps that may start of a Pipeline with a step of so many GPUs each."""
        self.pipelines[key] = Pipeline(key, *gpus, **spec)
        return self.ask_again(key)

    def ask_again(self, key: Key, *without: str) -> list[str]:
        """The same, as it is known; some Steps have started."""
        one = self.pipelines[key]
        ready = [ready for ready in one.ready if ready.node.path not in without]
        self.granted = self.gate.ask(key, ready, one.graph)
        self.gate.look()
        self.gate.answered(key)
        return [ready.node.path for ready in self.granted]

    def release(self, granted: list[Ready]) -> None:
        """Their Jobs are over, or could not be created."""
        for one in granted:
            self.ledger.drop_job(module._hold(one))

    def reasons(self, key: Key) -> list[Reason]:
        return [wait.reason for wait in self.gate.waits(key).values()]
