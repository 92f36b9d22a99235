"""Plan against actual, on a model of the cluster whose first step takes longer than was thought."""

from dataclasses import replace

import pytest
from tests.properties.model import Cluster
from tests.properties.objects import START
from tests.unit.core.admission.clusters import held, node, quota

from penstock.core.admission.capacity import Capacity
from penstock.core.asked.drawing import Text
from penstock.core.asked.progress import Progress, as_data, idle, picture, progress, words
from penstock.core.graph.learned import Learned, families, record

MINUTE = 60.0


def written(name: str, **more: object) -> dict[str, object]:
    requests = {"cpu": 1}
    step = {"name": name, "image": name, "script": "x", "duration": "10m", "resources": {"requests": requests}, **more}
    return {key: value for key, value in step.items() if value is not None}


@pytest.fixture
def late() -> Cluster:
    """`first` was to take 10 minutes and took 12; `second` runs for 3 of 10 minutes; `third` is still to come."""
    cluster = applied()
    pass_time(cluster, 12)
    pass_time(cluster, 3, finish=False)
    return cluster


def applied(**more: object) -> Cluster:
    cluster = Cluster()
    needs = {"first": {}, "second": {"needs": ["first"]}, "third": {"needs": ["second"]}}
    steps = [written(name, **after, **more) for name, after in needs.items()]
    kind = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}}
    cluster.apply({**kind, "spec": {"steps": steps}})
    return cluster


def pass_time(cluster: Cluster, minutes: float, finish: bool = True) -> None:
    cluster.reconcile()
    cluster.start_pods()
    cluster.reconcile()
    cluster.now += minutes * MINUTE
    if finish:
        cluster.finish()
    cluster.reconcile()


def compare(cluster: Cluster, capacity: Capacity | None = None, learned: Learned | None = None) -> Progress:
    seen = cluster.observe()
    return progress(seen, [seen], capacity or Capacity.of([node(cpu=1)]), learned or Learned())


def spans(found: Progress) -> dict[str, tuple[object, object]]:
    def minutes(span: tuple[float, float] | None) -> object:
        return span and tuple(round((at - START) / MINUTE, 1) for at in span)

    return {step.activity.task: (minutes(step.planned), minutes(step.ran)) for step in found.steps}


def test_what_ran_what_runs_and_what_is_to_come(late: Cluster) -> None:
    found = compare(late)
    assert spans(found) == {
        "first": ((0, 10), (0, 12)),
        "second": ((10, 20), (12, 22)),
        "third": ((20, 30), (22, 32)),
    }
    assert [(step.started, step.ended) for step in found.steps] == [(True, True), (True, False), (False, False)]
    assert words(found) == "planned 30m, expected 32m: 2m late"
    assert not found.ended


def test_what_has_ended_is_compared_as_it_was(late: Cluster) -> None:
    pass_time(late, 1)
    pass_time(late, 4)
    found = compare(late)
    assert found.ended
    assert words(found) == "planned 30m, took 20m: 10m early"


def test_of_what_has_ended_and_states_no_duration_the_plan_has_what_it_took() -> None:
    cluster = applied(duration=None)
    for minutes in (12, 3, 5):
        pass_time(cluster, minutes)
    cluster.now += 60 * MINUTE
    found = compare(cluster)
    assert spans(found)["second"] == ((12, 15), (12, 15))
    assert words(found) == "planned 20m, took 20m: as planned"
    assert found.notes == (
        "nothing was known before of how long these take, so the plan has what they took: first, second, third",
    )


def test_while_it_runs_what_states_no_duration_is_assumed_as_before() -> None:
    cluster = applied(duration=None)
    pass_time(cluster, 12)
    found = compare(cluster)
    assert spans(found)["first"] == ((0, 10), (0, 12))
    assert "10m is assumed" in found.notes[0]


def test_a_pipeline_that_has_not_begun_is_expected_as_planned() -> None:
    cluster = applied()
    found = compare(cluster)
    assert spans(found)["third"] == ((20, 30), (20, 30))
    assert words(found) == "planned 30m, expected 30m: as planned"


def test_a_failure_is_not_early(late: Cluster) -> None:
    late.work = lambda job, env: (1, "")
    pass_time(late, 1)
    found = compare(late)
    assert found.ended
    assert spans(found)["third"] == ((20, 30), None)
    assert words(found) == "planned 30m, failed after 16m"


def test_what_is_held_from_before_is_no_part_of_the_plan(late: Cluster) -> None:
    pass_time(late, 1)
    pass_time(late, 4)
    (pipeline,) = late.of("Pipeline")
    steps = [*pipeline["spec"]["steps"][:2], written("third", needs=["second"], env=[{"name": "A", "value": "1"}])]
    late.apply({**pipeline, "spec": {"steps": steps}})
    late.now += 100 * MINUTE
    again = late.now
    late.reconcile()
    late.start_pods()
    late.now += 3 * MINUTE
    late.reconcile()
    found = compare(late)
    assert found.began == again
    assert [(step.activity.task, step.planned, step.ran) for step in found.steps] == [
        ("third", (again, again + 4 * MINUTE), (again, again + 10 * MINUTE))
    ], "the plan knows that it took 4 minutes before; this call is told nothing of what is known now"


def test_its_own_pods_do_not_stand_in_the_way_of_the_plan(late: Cluster) -> None:
    seen = late.observe()
    namespace, name = seen.pipeline.namespace, seen.pipeline.name
    own = held(f"{name}/second", until=22 * MINUTE, namespace=namespace, cpu=1)
    foreign = held("pod notebook", until=None, namespace=namespace, cpu=1)
    taken = quota({"requests.cpu": 4}, {"requests.cpu": 2}, namespace)
    left = idle(Capacity.of([node(cpu=2)], [own, foreign], [taken]), namespace, name)
    assert [one.owner.name for one in left.loads["a"].held] == ["notebook"]
    assert left.quotas[namespace][0].used["requests.cpu"] == 1000


def test_what_others_hold_now_says_nothing_about_what_has_ended(late: Cluster) -> None:
    def taken(cluster: Cluster) -> Capacity:
        namespace = cluster.observe().pipeline.namespace
        notebook = held("pod other/notebook", until=None, namespace="other", cpu=1)
        full = quota({"requests.cpu": 1}, {"requests.cpu": 1}, namespace)
        return Capacity.of([node(cpu=1)], [notebook], [full])

    assert compare(late, taken(late)).stuck
    pass_time(late, 1)
    pass_time(late, 4)
    found = compare(late, taken(late))
    assert not found.stuck
    assert spans(found)["third"] == ((20, 30), (16, 20))
    assert words(found) == "planned 30m, took 20m: 10m early"


def test_the_plan_knows_only_the_durations_of_before(late: Cluster) -> None:
    seen = late.observe()
    assert seen.graph is not None
    family = families(seen.graph)["first"]
    first = seen.steps["first"]
    twice = record(record(None, family, 8 * MINUTE), family, 12 * MINUTE)
    steps = {**seen.steps, "first": replace(first, status={**first.status, "learned": twice})}
    seen = replace(seen, steps=steps)
    found = progress(seen, [seen], Capacity.of([node(cpu=1)]), Learned())
    assert spans(found)["first"] == ((0, 8), (0, 12))


def test_a_step_that_can_never_start_is_named(late: Cluster) -> None:
    found = compare(late, Capacity.of([node(cpu="500m")]))
    assert [key[2] for key in found.stuck] == ["third"]
    assert spans(found)["third"] == (None, None)
    assert words(found).endswith("there is no telling when it ends, since a step cannot start as things are")
    assert (as_data(found)["expected"], as_data(found)["late"]) == (None, None)


def test_the_data_and_the_picture(late: Cluster) -> None:
    data = as_data(compare(late))
    assert (data["planned"], data["expected"], data["late"], data["now"]) == (1800.0, 1920.0, 120.0, 900.0)
    steps = data["steps"]
    assert isinstance(steps, list)
    assert steps[0]["actual"] == {"start": 0.0, "end": 720.0}
    assert (steps[1]["actual"], steps[1]["expected"]) == ({"start": 720.0}, {"start": 720.0, "end": 1320.0})
    assert "actual" not in steps[2]
    texts = [mark.words for mark in picture(compare(late)).marks if isinstance(mark, Text)]
    assert {"p: plan against actual", "planned 30m, expected 32m: 2m late", "now", "planned", "expected"} <= set(texts)
