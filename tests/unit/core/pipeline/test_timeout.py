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


def break_it(cluster: Cluster, pipeline: Object) -> None:
    """An edit that is wrong, which stands for a while."""
    good = pipeline["spec"]
    cluster.set_spec(
        pipeline, {**good, "steps": [*good["steps"], {**good["steps"][0], "name": "c", "needs": ["ghost"]}]}
    )
    cluster.reconcile()
    assert cluster.status["phase"] == "Invalid"
    for _ in range(3):
        cluster.now += 1000
        cluster.reconcile()


def test_time_does_not_begin_anew_with_an_edit_that_was_wrong() -> None:
    cluster, pipeline = begun()
    good, start = pipeline["spec"], cluster.status["startTime"]
    break_it(cluster, pipeline)
    cluster.set_spec(pipeline, good)
    cluster.reconcile()
    status = cluster.status
    assert (status["phase"], status["startTime"], status["suspendedSeconds"]) == ("Running", start, 3000)
    cluster.now += 85
    cluster.reconcile()
    assert cluster.status["phase"] == "Running"
    cluster.now += 10
    cluster.reconcile()
    assert cluster.status["reason"] == "TimedOut"


def test_what_was_suspended_before_a_wrong_edit_and_after_it_does_not_count() -> None:
    cluster, pipeline = begun()
    suspend(cluster, pipeline, True)
    good = pipeline["spec"]
    cluster.now += 500
    break_it(cluster, pipeline)
    cluster.set_spec(pipeline, good)
    cluster.reconcile()
    assert (cluster.status["phase"], cluster.status["suspendedSeconds"]) == ("Suspended", 3500)
    cluster.now += 500
    suspend(cluster, pipeline, False)
    assert (cluster.status["phase"], cluster.status["suspendedSeconds"]) == ("Running", 4000)


def test_a_pipeline_that_had_ended_has_all_its_time_after_a_wrong_edit() -> None:
    cluster, pipeline = begun()
    cluster.run()
    assert cluster.status["phase"] == "Succeeded"
    good = pipeline["spec"]
    break_it(cluster, pipeline)
    assert "startTime" not in cluster.status
    cluster.set_spec(pipeline, {**good, "steps": [*good["steps"], {**good["steps"][0], "name": "c"}]})
    cluster.reconcile()
    assert cluster.status["phase"] == "Running"
    cluster.run()
    assert cluster.status["phase"] == "Succeeded"
