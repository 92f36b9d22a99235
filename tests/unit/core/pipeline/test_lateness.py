"""What is late: steps beyond their known duration, queues that stand still, Pipelines far past their estimate."""

from dataclasses import replace
from typing import Any

from tests.properties.model import Cluster
from tests.properties.objects import Object

from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.events import pipeline_event
from penstock.core.pipeline.plan import Plan, plan
from penstock.core.seen.snapshot import Observed, Thresholds

THRESHOLDS = Thresholds(factor=3, at_least=30, stalled=600)


class Watched(Cluster):
    """A cluster whose operator knows what steps should take."""

    def observe(self) -> Observed:
        observed = super().observe()
        expected = ranks(observed.graph) if observed.graph else None
        return replace(observed, expected=expected, thresholds=THRESHOLDS)

    def plan(self) -> Plan:
        return plan(self.observe())

    @property
    def late(self) -> Any:
        found = [one for one in self.status["conditions"] if one["type"] == "Late"]
        return (found[0]["status"], found[0]["reason"]) if found else None


def started(*steps: Object, **spec: Any) -> Watched:
    cluster = Watched()
    made = [{"image": "i", "script": "x", **step} for step in steps]
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": made, **spec}})
    cluster.reconcile()
    cluster.start_pods()
    cluster.now += 3
    cluster.reconcile()
    return cluster


def test_a_step_that_runs_on_and_on_is_told_once() -> None:
    cluster = started({"name": "a", "duration": "100s"}, {"name": "b", "duration": "1h"})
    cluster.now += 250
    cluster.reconcile()
    assert cluster.late is None
    wake = cluster.plan().wake_at
    assert wake is not None
    cluster.now = wake
    before = cluster.status
    cluster.reconcile()
    assert cluster.late == ("True", "StepOverdue")
    event = pipeline_event(before, cluster.status)
    assert event is not None
    assert (event.action, event.reason, event.warning) == ("Late", "StepOverdue", True)
    writes, told = cluster.writes, cluster.status
    cluster.now += 1000
    cluster.reconcile()
    assert cluster.writes == writes
    assert pipeline_event(told, cluster.status) is None
    cluster.finish("p.a")
    cluster.reconcile()
    assert cluster.late == ("False", "OnTime")


def test_short_steps_and_unknown_ones_are_left_alone() -> None:
    cluster = started({"name": "short", "duration": "1s"}, {"name": "unknown"})
    cluster.now += 25
    cluster.reconcile()
    assert cluster.late is None
    cluster.finish("p.short")
    cluster.now += 10 * 86_400
    cluster.reconcile()
    assert cluster.late is None
    assert "eta" not in cluster.status


def test_a_pipeline_past_its_estimate() -> None:
    cluster = started({"name": "a", "duration": "100s"}, {"name": "b", "duration": "60s", "needs": ["a"]})
    assert cluster.status["criticalPath"] == "a → b"
    assert "eta" in cluster.status
    cluster.finish("p.a")
    cluster.reconcile()
    cluster.now += 1000
    cluster.start_pods()
    cluster.reconcile()
    assert cluster.late == ("True", "PastETA")
    cluster.finish()
    cluster.reconcile()
    assert cluster.status["phase"] == "Succeeded"
    assert "eta" not in cluster.status
    assert cluster.status["criticalPath"] == "a → b"
    assert cluster.late == ("False", "OnTime")


class Full(Watched):
    """A cluster with no room: what wants a Job gets none."""

    def start(self, manifest: Object) -> None:
        pass

    def reconcile(self, most: int = 50) -> None:
        for _ in range(10):
            for write in self.writes_of(self.plan()):
                write()


def test_a_queue_that_stands_still() -> None:
    cluster = Full()
    steps = [{"name": "a", "image": "i", "script": "x"}]
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": steps}})
    cluster.reconcile()
    cluster.now += 599
    cluster.reconcile()
    assert cluster.late is None
    cluster.now += 2
    cluster.reconcile()
    assert cluster.late == ("True", "QueueStalled")


def test_an_approval_is_no_queue() -> None:
    cluster = Watched()
    steps = [{"name": "ask", "approval": {"message": "go?"}}]
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": steps}})
    cluster.reconcile()
    cluster.now += 10_000
    cluster.reconcile()
    assert cluster.late is None


def test_that_a_step_will_be_late_is_known_in_the_plan_that_says_since_when_it_runs() -> None:
    cluster = Watched()
    steps = [
        {"name": name, "image": "i", "script": "x", "duration": long} for name, long in {"a": "100s", "b": "1h"}.items()
    ]
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": steps}})
    cluster.reconcile()
    cluster.start_pods()
    cluster.now += 3
    found = cluster.plan()
    assert [status["reason"] for _, status in found.step_statuses] == ["Running", "Running"]
    assert found.wake_at == cluster.now - 3 + 300, "what is written is not told to who wrote it"
