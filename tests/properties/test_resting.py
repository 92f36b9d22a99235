"""Rest: where a status says that there is nothing to do, a plan says the same; and what has ended does rest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.pipeline.resting import Rest, rest
from tests.properties.manifests import manifests
from tests.properties.model import Cluster
from tests.properties.objects import Object
from tests.properties.simulation import Disturbed

KEPT: list[Object] = [
    {},
    {"ttlAfterFinished": "1h"},
    {"storage": {"claimName": "c", "retention": "30m"}},
    {"storage": {"claimName": "c"}, "ttlAfterFinished": "24h"},
]


def resting(cluster: Cluster) -> Rest | None:
    """Whether the Pipeline rests, by what is known without its graph; a plan must say the same."""
    seen = cluster.observe()
    found = rest(seen.pipeline, seen.steps.values(), seen.jobs, seen.now)
    if found is not None:
        plan = cluster.plan()
        assert not plan.acts
        assert not plan.ready
        assert plan.finished
        assert plan.wake_at == found.until
    return found


@given(manifests(strict=False), st.sampled_from(KEPT), st.integers(0, 2**32), st.integers(0, 40), st.data())
def test_who_rests_has_nothing_to_do(
    manifest: Object, kept: Object, seed: int, steps: int, data: st.DataObject
) -> None:
    manifest = {**manifest, "spec": {**manifest["spec"], **kept}}
    cluster = Disturbed.driven(manifest, seed, steps, 0.1)
    resting(cluster)
    cluster.settle()
    for _ in range(data.draw(st.integers(1, 6))):
        what = data.draw(st.sampled_from(["disturb", "turn", "advance", "edit", "rerun", "wait", "cancel", "settle"]))
        (pipeline,) = cluster.of("Pipeline")
        if what == "edit":
            manifest = {**manifest, "spec": {**manifest["spec"], "priority": data.draw(st.integers(0, 3))}}
            cluster.apply(manifest)
        elif what == "cancel":
            cluster.apply({**manifest, "spec": {**manifest["spec"], "cancel": True}})
        elif what == "rerun":
            cluster.annotate(pipeline, labels.RERUN, data.draw(st.sampled_from(["again", "once more"])))
        elif what == "wait":
            cluster.now += data.draw(st.sampled_from([60.0, 1800.0, 3600.0, 86_400.0]))
        else:
            getattr(cluster, what)()
        resting(cluster)


@given(manifests(strict=False), st.integers(0, 2**32))
def test_what_has_ended_undisturbed_rests(manifest: Object, seed: int) -> None:
    cluster = Disturbed.driven(manifest, seed, 30, 0.0)
    cluster.settle()
    for _ in range(3):
        cluster.end_jobs()
        cluster.purge()
        cluster.reconcile()
    assert resting(cluster) == Rest(None)


class TestWhatEndsARest:
    """A Pipeline of two steps that has ended, kept for an hour."""

    @pytest.fixture
    def cluster(self) -> Cluster:
        steps = [{"name": "a", "image": "i"}, {"name": "b", "image": "i", "needs": ["a"]}]
        found = Cluster()
        found.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": steps, "ttlAfterFinished": "1h"}})
        found.run()
        found.end_jobs()
        assert self.until(found) is not None
        return found

    @staticmethod
    def until(cluster: Cluster) -> float | None:
        found = resting(cluster)
        return found.until if found else None

    def test_its_time_is_over(self, cluster: Cluster) -> None:
        until = self.until(cluster)
        assert until is not None
        cluster.now = until
        assert resting(cluster) is None
        assert cluster.plan().expired

    @pytest.mark.parametrize(
        "change",
        [
            lambda found, obj: found.annotate(obj, labels.RERUN, "again"),
            lambda found, obj: found.set_spec(obj, {**obj["spec"], "priority": 3}),
            lambda found, obj: found.set_spec(found.step("a"), {**found.step("a")["spec"], "image": "other"}),
            lambda found, obj: found.annotate(found.step("a"), labels.APPROVED_BY, "me"),
            lambda found, obj: found.delete("Step", "p.a"),
            lambda found, obj: found.of("Job")[0].pop("status"),
            lambda found, obj: obj["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"),
            lambda found, obj: found.step("a")["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"),
        ],
        ids=["rerun", "edit", "hand edit", "decision", "Step deleted", "Job goes on", "going", "Step going"],
    )
    def test_something_happens_to_it(self, cluster: Cluster, change: Any) -> None:
        (pipeline,) = cluster.of("Pipeline")
        change(cluster, pipeline)
        assert resting(cluster) is None
