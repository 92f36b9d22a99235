"""Which artifacts are collected, and when: never one that is still referred to, never one of an attempt to come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.model import Cluster

from penstock.core.clock import instant
from penstock.core.pipeline.collection import SKEW
from penstock.core.pipeline.plan import Plan
from penstock.core.pod.collector import collector
from penstock.core.pod.transfer import Collection

DAY = 86_400.0
MAKE = {"name": "make", "outputs": [{"name": "a", "type": "Artifact"}]}
OTHER = {"name": "other", "outputs": [{"name": "b", "type": "Artifact"}]}


class Working(Cluster):
    """A cluster whose containers fail while `failing`."""

    failing = False

    def __init__(self) -> None:
        super().__init__(lambda job, env: (int(self.failing), ""))

    def give(self, *steps: dict[str, Any], **spec: Any) -> None:
        given = [{"image": "python", "script": "true", **step} for step in steps]
        spec = {"storage": {"claimName": "c"}, "steps": given, **spec}
        self.apply({"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec})
        self.run()

    def after(self, seconds: float) -> Plan:
        ended = instant(self.status["completionTime"])
        assert ended is not None
        self.now = ended + seconds
        return self.plan()

    def collected(self) -> Collection:
        found = self.after(DAY).collection
        assert found is not None
        return found

    def places(self) -> list[tuple[str, str]]:
        """Step and attempt directory of each result that Steps hold or show."""
        found = []
        for step in self.of("Step"):
            for result in (step["status"], *step["status"].get("results", ())):
                found += [tuple(place.split("/")[-3:-1]) for place in result.get("artifacts", {}).values()]
        return found


def test_a_run_that_left_nothing_behind_needs_no_collection() -> None:
    one = Working()
    one.give(MAKE, {"name": "plain"})
    plan = one.after(100 * DAY)
    assert plan.collection is None
    assert not plan.acts
    assert plan.wake_at is None


def test_after_an_edit_it_waits_for_the_retention_and_happens_once() -> None:
    one = Working()
    one.give(MAKE)
    one.give({**MAKE, "script": "false"})
    early = one.after(DAY - 1)
    assert early.collection is None
    assert early.wake_at == pytest.approx(one.now + 1, abs=1)
    plan = one.after(DAY)
    assert plan.collection is not None
    assert plan.pipeline_status is not None
    assert plan.pipeline_status["collected"] == one.status["round"]
    one.reconcile()
    assert one.status["collected"] == one.status["round"]
    assert one.after(2 * DAY).collection is None


def test_the_retention_is_the_users() -> None:
    one = Working()
    for script in ("true", "false"):
        one.give({**MAKE, "script": script}, storage={"claimName": "c", "retention": "90s"})
    assert one.after(89).collection is None
    assert one.after(90).collection is not None


def test_failed_attempts_go_and_the_one_that_succeeded_stays() -> None:
    one = Working()
    one.failing = True
    one.give({**MAKE, "onError": "Continue", "retry": {"limit": 2, "backoff": {"initial": "1s"}}})
    found = one.collected()
    ((step, (last, kept)),) = found.steps.items()
    assert (last, kept) == (1, ())
    assert all(found.superfluous(step, f"1-{number}", one.now) for number in (1, 2, 3))
    one.failing = False
    one.give({**MAKE, "script": "false"})
    found = one.collected()
    assert found.steps[step] == (2, ("2-1",))
    assert not found.superfluous(step, "2-1", 0.0)


def test_results_that_are_held_stay_until_they_are_no_longer_held() -> None:
    one = Working()
    for number in range(4):
        one.give({**MAKE, "script": f"echo {number}"}, historyLimit=2)
    found = one.collected()
    ((step, (last, kept)),) = found.steps.items()
    assert (last, kept) == (4, ("3-1", "4-1"))
    assert [found.superfluous(step, f"{run}-1", 0.0) for run in (1, 2, 3, 4)] == [True, True, False, False]


def test_what_comes_while_the_job_runs_is_safe() -> None:
    one = Working()
    one.give(MAKE, OTHER)
    one.give({**MAKE, "script": "false"})
    found = one.collected()
    before = set(one.places())
    one.give({**MAKE, "script": "echo new"}, OTHER)
    for step, attempt in set(one.places()) - before:
        assert not found.superfluous(step, attempt, one.now), "an attempt that began after the decision"


def test_a_removed_step_is_collected_by_age_and_comes_back_elsewhere() -> None:
    one = Working()
    one.give(MAKE, OTHER)
    first = dict(one.places())
    gone = next(step for step in first if step.startswith("other-"))
    one.give(MAKE)
    found = one.collected()
    assert gone not in found.steps
    assert found.superfluous(gone, "1-1", found.before - 1)
    assert not found.superfluous(gone, "1-1", found.before)
    assert found.before == pytest.approx(one.now - DAY - SKEW, abs=1)
    one.give(MAKE, OTHER)
    assert gone not in dict(one.places())


def test_a_running_pipeline_is_not_collected() -> None:
    one = Working()
    one.give(MAKE)
    one.apply(
        {
            "apiVersion": "penstock.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": {"name": "p"},
            "spec": {"storage": {"claimName": "c"}, "steps": [{"image": "python", "script": "sleep", **MAKE}]},
        }
    )
    one.reconcile()
    one.start_pods()
    one.now += 100 * DAY
    assert one.plan().collection is None


@given(
    st.dictionaries(
        st.text("abc.-0123456789", min_size=1),
        st.tuples(st.integers(0, 9), st.lists(st.sampled_from(["1-1", "2-1", "7-12"]), unique=True).map(tuple)),
    ),
    st.floats(0, 2e9),
)
def test_orders_arrive_as_they_were(steps: dict[str, tuple[int, tuple[str, ...]]], before: float) -> None:
    given = Collection("penstock/p-1", steps, before)
    assert Collection.parse(given.variables()) == given


def test_orders_about_ten_thousand_steps_fit() -> None:
    steps = {f"tune.{number}-{number * 2654435761 % 2**32:08x}": (3, ("2-1", "3-1")) for number in range(10_000)}
    given = Collection("penstock/p-1", steps, 0.0)
    variables = given.variables()
    assert Collection.parse(variables) == given
    assert max(map(len, variables.values())) < 128 * 1024
    assert sum(map(len, variables.values())) < 500_000


@pytest.mark.parametrize("attempt", ["", "x", "-1", "1", "²-1", "lost+found"])
def test_what_is_not_understood_stays(attempt: str) -> None:
    found = Collection("r", {"make-1": (0, ())}, 0.0)
    assert not found.superfluous("make-1", attempt, 0.0)


@pytest.mark.parametrize(
    ("storage", "sees"),
    [
        ({"claimName": "c"}, {"PENSTOCK_DIRECTORY"}),
        ({"objectStore": {"uri": "s3://bucket", "secretName": "keys"}}, {"PENSTOCK_TRANSFER", "AWS_ACCESS_KEY_ID"}),
    ],
)
def test_the_job(storage: dict[str, Any], sees: set[str]) -> None:
    one = Working()
    for script in ("true", "false"):
        one.give({**MAKE, "script": script, "pod": {"runAsUser": 1000}}, storage=storage)
    observed = one.observe()
    assert observed.graph is not None
    job = collector(observed.graph, observed.pipeline, one.collected(), "courier")
    assert "app.kubernetes.io/managed-by" not in job["metadata"]["labels"], "it would be taken for the Job of a Step"
    assert job["metadata"]["ownerReferences"][0]["kind"] == "Pipeline"
    spec = job["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == 1000
    (container,) = spec["containers"]
    assert sees <= {variable["name"] for variable in container["env"]}
    assert ("volumes" in spec) == ("claimName" in storage)
    assert json.loads(json.dumps(job)) == job
