"""What holds for every plan, whatever state a Pipeline is in."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from penstock.core.pipeline.plan import Plan, plan
from penstock.core.seen.snapshot import Observed
from tests.properties.manifests import manifests
from tests.properties.objects import Object
from tests.properties.simulation import Disturbed


def actions(found: Plan) -> list[object]:
    """All that a plan says, without objects that have no equality of their own."""
    ready = [(one.step.path, one.facts, one.attempt, dict(one.values)) for one in found.ready]
    verdicts = [(node.path, verdict) for node, verdict in found.verdicts]
    created = [new.manifest() for new in found.create_steps]
    writes = [found.pipeline_status, created, found.step_statuses, found.replace_specs]
    return [*writes, found.delete_steps, found.delete_jobs, ready, found.places, verdicts, found.wake_at]


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 60))
def test_is_pure_and_does_not_depend_on_the_order_of_what_is_seen(manifest: Object, seed: int, steps: int) -> None:
    cluster = Disturbed.driven(manifest, seed, steps, 0.05)
    seen = cluster.observe()
    first = actions(plan(seen))
    assert actions(plan(seen)) == first, "the same snapshot gives the same plan"

    def shuffled(given: dict[str, object]) -> dict[str, object]:
        keys = list(given)
        cluster.random.shuffle(keys)
        return {key: given[key] for key in keys}

    jobs = {uid: list(reversed(found)) for uid, found in seen.jobs.items()}
    pods = {uid: list(reversed(found)) for uid, found in seen.pods.items()}
    other = Observed(
        **{name: getattr(seen, name) for name in seen.__dataclass_fields__}
        | {"steps": shuffled(dict(seen.steps)), "jobs": shuffled(dict(jobs)), "pods": shuffled(dict(pods))}
    )
    again = actions(plan(other))
    again[4], first[4] = sorted(again[4], key=str), sorted(first[4], key=str)  # type: ignore[call-overload]
    again[5], first[5] = sorted(again[5], key=str), sorted(first[5], key=str)  # type: ignore[call-overload]
    assert again == first


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 60))
def test_changes_nothing_that_it_is_given(manifest: Object, seed: int, steps: int) -> None:
    cluster = Disturbed.driven(manifest, seed, steps, 0.05)
    before = copy.deepcopy(list(cluster.objects.values()))
    cluster.plan()
    assert list(cluster.objects.values()) == before


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 60))
def test_every_step_that_waits_has_exactly_one_reason(manifest: Object, seed: int, steps: int) -> None:
    cluster = Disturbed.driven(manifest, seed, steps, 0.05)
    cluster.reconcile()
    cluster.check_reasons()
    cluster.check_transitions()


@given(manifests(strict=False), st.integers(0, 2**32))
def test_every_pipeline_ends_and_stays_as_it_is(manifest: Object, seed: int) -> None:
    cluster = Disturbed.driven(manifest, seed, 30, 0.05)
    cluster.settle()
    assert cluster.status["phase"] in ("Succeeded", "Failed")
    writes = cluster.writes
    for seconds in (1, 60, 3600, 86_400):
        cluster.now += seconds
        assert cluster.writes_of(cluster.plan()) == []
        cluster.end_jobs()
        cluster.purge()
    cluster.reconcile()
    assert len(cluster.writes_of(cluster.plan())) == 0
    assert cluster.writes - writes <= len(cluster.of("Job")), "only the Job controller had something left to write"
