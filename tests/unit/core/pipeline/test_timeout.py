"""The Pipeline's timeout: from the first start, without the time in which it was suspended."""

from tests.properties.model import Cluster
from tests.properties.objects import Object


def begun() -> tuple[Cluster, Object]:
    cluster = Cluster()
    step = {"name": "a", "image": "i", "script": "x"}
    spec = {"timeout": "100s", "steps": [step, {**step, "name": "b", "needs": ["a"]}]}
    pipeline = cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec})
    cluster.reconcile()
    cluster.start_pods()
    cluster.now += 10
    cluster.reconcile()
    return cluster, pipeline


def suspend(cluster: Cluster, pipeline: Object, on: bool) -> None:
    cluster.set_spec(pipeline, {**pipeline["spec"], "suspend": on})
    cluster.reconcile()


def test_time_is_over_at_the_instant_that_was_planned_for() -> None:
    cluster, _ = begun()
    wake = cluster.plan().wake_at
    assert wake is not None
    cluster.now = wake
    cluster.reconcile()
    cluster.purge()
    cluster.reconcile()
    assert (cluster.status["phase"], cluster.status["reason"]) == ("Failed", "TimedOut")


def test_suspended_time_does_not_count_however_often() -> None:
    cluster, pipeline = begun()
    for _ in range(3):
        suspend(cluster, pipeline, True)
        cluster.now += 1000
        cluster.reconcile()
        assert cluster.status["phase"] == "Suspended"
        suspend(cluster, pipeline, False)
        cluster.now += 10
        cluster.reconcile()
        assert cluster.status["phase"] == "Running"
    assert cluster.status["suspendedSeconds"] == 3000
    cluster.now += 65
    cluster.reconcile()
    assert cluster.status["reason"] == "TimedOut"
