"""A Pipeline is deleted once its time is over, and nothing that cannot be done keeps the operator busy until then."""

from tests.properties.model import Cluster
from tests.unit.builders import pipeline, step

from penstock.core import labels
from penstock.core.pipeline.plan import Plan

KEPT = 60.0


def ended() -> Cluster:
    """A cluster with a Pipeline that has ended, and is to be kept for a minute."""
    found = Cluster()
    found.apply(pipeline(step("a", startTimeout="20m"), ttlAfterFinished="1m"))
    found.run()
    found.reconcile()
    return found


def later(cluster: Cluster, seconds: float) -> Plan:
    cluster.now += seconds
    return cluster.plan()


def test_it_is_deleted_once_its_time_is_over() -> None:
    found = ended()
    before = found.plan()
    assert not before.expired
    assert before.wake_at
    assert later(found, before.wake_at - found.now).expired


def test_what_is_to_be_written_comes_first_and_is_waited_for_without_an_alarm() -> None:
    found = ended()
    found.annotate(found.step("a"), labels.APPROVED_BY, "somebody")
    plan = later(found, KEPT)
    assert plan.settle_approvals
    assert not plan.expired
    assert plan.unsettled
    assert plan.wake_at is None, "it would ring at once, for as long as the write does not go through"


def test_a_spec_that_the_cluster_does_not_keep_holds_nothing_up() -> None:
    found = ended()
    del found.step("a")["spec"]["startTimeout"]
    plan = later(found, KEPT)
    assert plan.replace_specs
    assert plan.expired
