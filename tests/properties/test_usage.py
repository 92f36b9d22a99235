"""What Steps used of GPUs, whatever happens: no attempt counts twice, none is forgotten, nothing is ever taken away."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.core.clock import instant
from penstock.core.step import usage
from tests.properties.manifests import manifests
from tests.properties.objects import Object
from tests.properties.simulation import Disturbed

GPU = "nvidia.com/gpu"


class Metered(Disturbed):
    """A cluster with a meter on each Job that asks for GPUs."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.ends: dict[str, list[float]] = {}
        """How long after its creation containers of a Job ended, in seconds, times its GPUs; by uid of the Job."""
        self.steps_of: dict[str, str] = {}

    def end_pod(self, job: Object, pod: Object) -> None:
        super().end_pod(job, pod)
        asked = job["spec"]["template"]["spec"]["containers"][0].get("resources", {}).get("requests", {})
        amount = int(asked.get(GPU, 0)) * job["spec"]["completions"]
        held = int(self.now) - (instant(job["metadata"]["creationTimestamp"]) or 0.0)
        self.ends.setdefault(job["metadata"]["uid"], []).append(amount * held)
        self.steps_of[job["metadata"]["uid"]] = job["metadata"]["ownerReferences"][0]["uid"]

    def check(self) -> None:
        """What holds at any time."""
        for old, new in self.transitions:
            before = {one["resource"]: one for one in old.get("usage") or ()}
            after = {one["resource"]: one for one in new.get("usage") or ()}
            assert before.keys() <= after.keys()
            for name, one in after.items():
                assert all(one[key] >= value for key, value in before.get(name, {}).items() if key != "resource")
                assert one["busySeconds"] <= one["reservedSeconds"]
                assert one["lostSeconds"] <= one["reservedSeconds"]
            assert _place(old) <= _place(new)
            assert "allocation" not in new or new["phase"] in ("Running", "Queued"), new


def _place(status: Object) -> tuple[int, int, int]:
    counted: dict[str, Any] = status.get("counted") or {}
    return counted.get("run", 0), counted.get("undoRound", 0), counted.get("attempt", 0)


def drive(cluster: Metered, manifest: Object, steps: int, disturbed: bool) -> None:
    cluster.apply(manifest)
    for _ in range(steps):
        cluster.turn() if cluster.random.random() < 0.5 else cluster.advance()
        if disturbed and cluster.random.random() < 0.08:
            cluster.disturb()


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 60))
def test_every_attempt_counts_once_though_the_operator_is_killed_at_any_time(
    manifest: Object, seed: int, steps: int
) -> None:
    cluster = Metered(seed)
    drive(cluster, manifest, steps, disturbed=False)
    cluster.settle()
    for step in cluster.of("Step"):
        ends = [ends for uid, ends in cluster.ends.items() if cluster.steps_of[uid] == step["metadata"]["uid"]]
        counted = sum(one["reservedSeconds"] for one in (step.get("status") or {}).get("usage") or ())
        assert sum(map(min, ends)) <= counted <= sum(map(max, ends)), "the pods of a gang may end one after another"
    cluster.check()


@given(manifests(strict=False), manifests(strict=False), st.integers(0, 2**32), st.integers(0, 60))
def test_nothing_is_taken_away_and_the_pipeline_is_the_sum(first: Object, last: Object, seed: int, steps: int) -> None:
    cluster = Metered(seed)
    drive(cluster, first, steps, disturbed=True)
    drive(cluster, last, steps, disturbed=True)
    cluster.settle()
    cluster.check()
    assert cluster.status.get("usage", []) == usage.total(step.get("status") or {} for step in cluster.of("Step"))
    assert cluster.writes_of(cluster.plan()) == []
