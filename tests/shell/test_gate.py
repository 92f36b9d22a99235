"""The gate: room is given away once, waits say why, and room that comes up wakes those it is for."""

from typing import Any

from penstock.core.reasons import Reason
from penstock.core.scheduling.capacity import NodeView, Quota
from penstock.core.scheduling.learned import Learned
from penstock.core.scheduling.ledger import Ledger
from penstock.core.scheduling.observed_capacity import amounts
from penstock.core.scheduling.policies import PLANNED
from penstock.core.scheduling.turns import Turns
from penstock.core.scheduling.wording import Reader
from penstock.shell.gate import SETTLE, Gate
from penstock.shell.store import Key
from tests.properties.model import START, Cluster

FIRST, SECOND = Key("ns", "first"), Key("ns", "second")


def node(name: str = "node-1", **more: str) -> NodeView:
    found = amounts({"cpu": "8", "memory": "16Gi", "pods": "110", "nvidia.com/gpu": "2", **more})
    return NodeView(name, found, found)


class Setting:
    """A gate before one node with two GPUs."""

    def __init__(self, never_fits_fails: bool = True) -> None:
        self.woken: list[Key] = []
        self.ledger = Ledger()
        self.ledger.put_node(node())
        self.alarms: list[float] = []
        wake, alarm = self.woken.append, self.alarms.append
        self.gate = Gate(self.ledger, Learned(), PLANNED, never_fits_fails, wake, alarm)

    def ask(self, key: Key, *gpus: int, **spec: Any) -> list[str]:
        """Steps that may start of a Pipeline with a step of so many GPUs each."""
        cluster = Cluster()
        steps = [{"name": f"s{at}", "script": "x", "resources": _gpus(count)} for at, count in enumerate(gpus)]
        manifest = {"kind": "Pipeline", "metadata": {"name": key.name}}
        cluster.apply({**manifest, "spec": {"defaults": {"image": "i"}, "steps": steps, **spec}})
        for _ in range(2):
            for write in cluster.writes_of(cluster.plan()):
                write()
            cluster.objects = {at: obj for at, obj in cluster.objects.items() if at[0] != "Job"}
        self.cluster, ready = cluster, cluster.plan().ready
        self.granted = self.gate.ask(key, ready, cluster.observe().graph, cluster.now)
        return [one.node.path for one in self.granted]

    def reasons(self, key: Key) -> list[Reason]:
        return [wait.reason for wait in self.gate.waits(key).values()]


def _gpus(count: int) -> dict[str, Any]:
    return {"requests": {"cpu": "100m", "nvidia.com/gpu": str(count)}}


def test_what_fits_starts_and_what_waits_says_why() -> None:
    found = Setting()
    assert found.ask(FIRST, 1, 1, 1) == ["s0", "s1"]
    (wait,) = found.gate.waits(FIRST).values()
    assert "needs 1 nvidia.com/gpu, 0 of 2 free" in wait.words(Reader("ns"))
    assert all(one.estimate for one in found.granted)


def test_what_starts_knows_where_there_is_room() -> None:
    found = Setting()
    found.ledger.put_node(node("node-2", **{"nvidia.com/gpu": "4"}))
    assert found.ask(FIRST, 1, 4) == ["s0", "s1"]
    assert {one.node.path: one.nodes for one in found.granted} == {"s0": ("node-1",), "s1": ("node-2",)}


def test_room_is_given_away_once_even_before_the_job_is_seen() -> None:
    found = Setting()
    assert found.ask(FIRST, 2) == ["s0"]
    held = found.granted
    assert found.ask(SECOND, 1) == []
    for one in held:
        found.gate.release(one)  # its Job could not be created
    assert found.ask(SECOND, 1) == ["s0"]


def test_what_can_never_fit_is_told_with_numbers() -> None:
    found = Setting()
    assert found.ask(FIRST, 3, 1) == ["s1"]
    (unfit,) = found.gate.unfit(FIRST).values()
    assert "3 nvidia.com/gpu" in unfit.message
    assert (unfit.run, unfit.attempt, unfit.purpose) == (1, 1, "run")
    patient = Setting(never_fits_fails=False)
    assert patient.ask(FIRST, 3) == []
    assert patient.gate.unfit(FIRST) == {}
    assert patient.reasons(FIRST) == [Reason.NEVER_FITS]


def test_room_that_comes_up_wakes_whom_it_is_for() -> None:
    found = Setting()
    assert found.ask(FIRST, 2) == ["s0"]
    assert found.ask(SECOND, 2) == []
    found.woken.clear()
    found.ledger.put_node(node("node-2"))
    found.gate.look_again(found.cluster.now)
    assert SECOND in found.woken


def test_room_that_a_pipeline_leaves_is_looked_at_soon() -> None:
    found = Setting()
    assert found.ask(FIRST, 2) == ["s0"]
    (held,) = found.granted
    assert found.ask(SECOND, 2) == []
    found.gate.ask(FIRST, [], None, found.cluster.now)
    assert found.alarms == []  # nothing has changed
    found.gate.release(held)
    found.gate.ask(FIRST, [], None, found.cluster.now)
    assert found.alarms == [found.cluster.now + SETTLE]
    found.woken.clear()
    found.gate.look_again(found.cluster.now)
    assert found.woken == [SECOND]


def test_the_next_turn_of_another_pipeline_comes_when_the_one_before_has_started() -> None:
    found = Setting()
    step = ("ns", SECOND.name, "s0")
    now = START
    found.gate.follow(Turns({("ns", FIRST.name, "s0"): now, step: now + 60}), now)
    assert found.ask(SECOND, 1) == []
    assert found.reasons(SECOND) == [Reason.PLANNED_LATER]
    assert found.alarms == [now + 60]
    assert found.ask(FIRST, 1) == ["s0"]
    assert found.alarms == [now + 60, now]
    found.woken.clear()
    found.gate.look_again(now)
    assert found.woken == [SECOND]


def test_a_queue_of_kueue_is_not_admitted_here() -> None:
    found = Setting()
    assert found.ask(FIRST, 3, 1, queueName="team") == ["s0", "s1"]


def test_a_pipeline_that_is_gone_asks_for_nothing() -> None:
    found = Setting()
    found.ask(FIRST, 2)
    found.ask(SECOND, 2)
    found.gate.forget(SECOND)
    assert found.reasons(SECOND) == []


def test_a_quota_that_counts_jobs_counts_those_that_it_has_not_seen() -> None:
    found = Setting()
    found.ledger.put_quota(Quota("ns", "tight", {"count/jobs.batch": 3000}, {"count/jobs.batch": 1000}))
    assert found.ask(FIRST, 0, 0, 0) == ["s0", "s1"]
    assert found.ask(SECOND, 0) == []
    assert found.reasons(FIRST) == found.reasons(SECOND) == [Reason.QUOTA_EXCEEDED]
    assert [(space, pods) for space, _, pods in found.gate.short_of({"count/jobs.batch"})] == [("ns", 1), ("ns", 1)]
    assert not list(found.gate.short_of({"count/pods"}))
