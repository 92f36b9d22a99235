"""A plan of what was touched is the plan of everything: whatever has happened, and however much of it at once."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan, advance, plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Observed, Thresholds
from tests.properties.manifests import manifests, sagas
from tests.properties.objects import Object
from tests.properties.oracle import differences
from tests.properties.test_undo import SCARCE, Hostile


class Advancing(Hostile):
    """A cluster whose operator decides about what was touched only, and is watched by one that decides about all."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.course: Course | None = None
        self.seen: Mapping[str, object] = {}
        self.advanced = self.whole = 0

    def observe(self) -> Observed:
        """What is seen, by who expects all steps to take no time."""
        found = super().observe()
        if found.graph is None:
            return found
        known = replace(ranks(found.graph), durations=dict.fromkeys(found.graph.tasks, 1.0), assumed=())
        return replace(found, expected=known, thresholds=Thresholds(factor=2.0, at_least=2.0, stalled=4.0))

    def made(self, observed: Observed) -> Plan:
        seen = {path: _of(observed, path) for path in observed.steps.keys() | observed.taken.keys()}
        touched = {path for path in seen.keys() | self.seen.keys() if seen.get(path) != self.seen.get(path)}
        found = advance(self.course, observed, touched) if self.course else None
        whole = plan(observed)
        self.whole += found is None
        if found:
            self.advanced += 1
            assert not differences(found, whole, self.now)
        self.seen, self.course = seen, (found or whole).course
        return found or whole


def _of(observed: Observed, path: str) -> object:
    """All that is seen of a Step."""
    step = observed.steps.get(path)
    uid = step.uid if step else ""
    jobs = list(observed.jobs.get(uid, ()))
    pods = [list(observed.pods.get(job.uid, ())) for job in jobs]
    wait, said = observed.waits.get(uid), (observed.refused.get(uid), observed.unfit.get(uid))
    return step, observed.taken.get(path), jobs, pods, said, wait and wait.reason


@given(st.one_of(manifests(strict=False), sagas()), st.integers(0, 2**32), st.integers(0, 60))
def test_plans_of_what_was_touched_are_those_of_everything(manifest: Object, seed: int, moments: int) -> None:
    cluster = Advancing(seed)
    cluster.apply(manifest)
    cluster.live(moments)
    cluster.finish_alone()


class Lucky(Advancing):
    """One that is given all that it asks for."""

    def _luck(self, ready: Ready) -> int:
        return SCARCE


def test_most_plans_are_of_what_was_touched() -> None:
    steps = [{"name": f"s{number}", "script": "run1", "needs": [f"s{number - 1}"][:number]} for number in range(9)]
    cluster = Lucky(0)
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"defaults": {"image": "i"}, "steps": steps}})
    cluster.finish_alone()
    assert cluster.whole <= 3, "taking it up, and what comes first then"
    assert cluster.advanced > 20


@given(manifests(strict=False), manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40))
def test_so_they_are_after_edits_and_reruns(first: Object, last: Object, seed: int, moments: int) -> None:
    cluster = Advancing(seed)
    cluster.apply(first)
    cluster.live(moments)
    cluster.apply(last)
    cluster.live(moments // 2)
    cluster.annotate(cluster.of("Pipeline")[0], labels.RERUN, "again")
    cluster.live(moments // 2)
    cluster.finish_alone()


def test_instances_go_when_their_list_is_made_anew_in_vain() -> None:
    values = [{"name": "l", "type": "List"}]
    each = {"vars": [{"name": "x", "from": "list.l"}]}
    steps = [
        {"name": "list", "script": "x", "outputs": values, "onError": "Continue", "retry": {"limit": 0}},
        {"name": "each", "script": "y", "forEach": each},
        {"name": "beside", "script": "z"},
    ]
    cluster = Lucky(0)
    cluster.work = lambda job, env: (0, '{"l": [1, 2]}') if env["PENSTOCK_STEP"] == "list" else (0, "")
    manifest = {"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"defaults": {"image": "i"}, "steps": steps}}
    cluster.apply(manifest)
    cluster.finish_alone()
    assert len(cluster.of("Step")) == 4
    cluster.work = lambda job, env: (int(env["PENSTOCK_STEP"] == "list"), "")
    cluster.annotate(cluster.of("Pipeline")[0], labels.RERUN, "again from=list")
    cluster.finish_alone()
    assert [step["metadata"]["name"] for step in cluster.of("Step")] == ["p.beside", "p.each", "p.list"]
