"""Planned passes on Pipelines that run: what is left of them, when a plan is worth making, and when it is kept."""

from dataclasses import replace
from statistics import mean
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.core.admission.clusters import NOW, node

from penstock.core.admission.capacity import Capacity
from penstock.core.admission.policies import CRITICAL_PATH, PLANNED, Policy
from penstock.core.admission.running import began
from penstock.core.foresight import planned_pass
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.improve import improve, with_plan
from penstock.core.foresight.planned_pass import PLACEMENTS, Begun, affordable, pays, prepared, worth_planning
from penstock.core.foresight.remaining import remaining
from penstock.core.foresight.simulate import GivenUp, simulate
from penstock.core.foresight.worlds import worlds
from penstock.core.graph.learned import Learned
from penstock.core.seen.snapshot import Observed


def step(name: str, duration: str | None, cpu: int = 1, after: str = "", **more: Any) -> dict[str, Any]:
    found = {"name": name, "script": "x", "resources": {"requests": {"cpu": str(cpu)}}, **more}
    if after:
        found["needs"] = [after]
    return found if duration is None else {**found, "duration": duration}


HOLDING_BACK = [
    step("prepare", "1m"),
    step("long", "10m", 2, "prepare"),
    step("tail", "8m", 1, "long"),
    step("short", "9m"),
]
"""On two cores the dispatch rule starts `short` beside `prepare`, and `long` waits for it: 27 minutes instead of 20."""


LIST = step("list", "1m", outputs=[{"name": "items", "type": "List"}])
EACH = step("each", "1m", forEach={"vars": [{"name": "item", "from": "list.items"}]})


def begun(steps: list[dict[str, Any]], **spec: Any) -> Cluster:
    """A Pipeline whose Steps exist and of which nothing has started."""
    cluster = Cluster()
    cluster.apply(
        {"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"defaults": {"image": "i"}, "steps": steps, **spec}}
    )
    for _ in range(2):
        for write in cluster.writes_of(cluster.plan()):
            write()
        cluster.objects = {at: obj for at, obj in cluster.objects.items() if at[0] != "Job"}
    return cluster


def course(cluster: Cluster) -> Begun:
    return cluster.observe(), cluster.plan().verdicts


def room(cpu: str = "2") -> Capacity:
    return Capacity.of([node(cpu=cpu)])


def test_a_plan_is_made_for_what_is_known_and_pays() -> None:
    cluster = begun(HOLDING_BACK)
    load = worth_planning([course(cluster)], Learned(), NOW)
    assert load is not None
    made = prepared(load, room(), cluster.now)
    without, by_plan = (simulate(made, room(), cluster.now, policy) for policy in (CRITICAL_PATH, PLANNED))
    assert (without.makespan, by_plan.makespan) == (27 * 60, 20 * 60)
    assert not pays(without, by_plan, 8 * 60)


def test_few_steps_are_planned_before_one_starts_that_is_to_be_held_back() -> None:
    """Nothing waits for a plan: half a second for four steps came too late."""
    load = worth_planning([course(begun(HOLDING_BACK))], Learned(), NOW)
    assert load is not None
    tries = affordable(load, room(), PLACEMENTS)
    assert tries <= 400
    assert prepared(load, room(), placements=PLACEMENTS) == prepared(load, room(), placements=100 * PLACEMENTS)
    large = replace(load, activities=load.activities * 30)
    assert affordable(large, room(), PLACEMENTS) * len(large.activities) == PLACEMENTS // 120 * 120


def test_a_plan_that_wrong_estimates_would_undo_is_not_followed() -> None:
    """It saves two seconds, and loses minutes where the step that room is kept for comes later than expected."""
    steps = [step("prepare", "653s"), step("long", "514s", 2, "prepare"), step("tail", "655s", 1, "long")]
    steps.append(step("short", "805s"))
    load = worth_planning([course(begun(steps))], Learned(), NOW)
    assert load is not None
    found = simulate(load, room(), policy=CRITICAL_PATH)
    made = with_plan(load, improve(load, room()))
    assert pays(found, simulate(made, room(), policy=PLANNED), 1.0)
    assert prepared(load, room()) is load


def test_worlds_are_what_is_expected_on_average() -> None:
    load = worth_planning([course(begun(HOLDING_BACK))], Learned(), NOW)
    assert load is not None
    found = list(worlds(load, 2))
    assert found == list(worlds(load, 2))
    for one in load.activities:
        assert mean(takes[one.key] for takes in found) == pytest.approx(one.duration)
        assert all(abs(takes[one.key] / one.duration - 1) <= 0.3 for takes in found)
        assert len({takes[one.key] for takes in found}) == 4


def test_where_nothing_has_to_wait_there_is_no_plan() -> None:
    load = worth_planning([course(begun(HOLDING_BACK))], Learned(), NOW)
    assert load is not None
    assert prepared(load, room("16")) is load


@pytest.mark.parametrize(
    ("steps", "spec"),
    [
        ([*HOLDING_BACK, step("unknown", None)], {}),
        ([*HOLDING_BACK, {"name": "ask", "approval": {"message": "go on?"}}], {}),
        ([*HOLDING_BACK, LIST, EACH], {}),
        ([step("only", "10s")], {}),
        (HOLDING_BACK, {"suspend": True}),
        (HOLDING_BACK, {"queueName": "team"}),
    ],
    ids=["a duration is not known", "an approval", "a list is not known", "too little", "suspended", "queued by Kueue"],
)
def test_no_plan_is_made_of_guesses(steps: list[dict[str, Any]], spec: dict[str, Any]) -> None:
    assert worth_planning([course(begun(steps, **spec))], Learned(), NOW) is None


def test_what_one_lacks_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []

    def counted(observed: Observed, *others: Any) -> Workload:
        looked_at.append(observed)
        return remaining(observed, *others)

    monkeypatch.setattr(planned_pass, "remaining", counted)
    courses = [course(begun([*HOLDING_BACK, step("unknown", None)])), course(begun(HOLDING_BACK))]
    assert worth_planning(courses, Learned(), NOW) is None
    assert looked_at == [courses[0][0]]


def test_priorities_go_before_any_plan() -> None:
    courses = [course(begun(HOLDING_BACK)), course(begun(HOLDING_BACK, priority=1))]
    assert worth_planning(courses, Learned(), NOW) is None


def test_no_pipeline_pays_for_another() -> None:
    load = worth_planning([course(begun(HOLDING_BACK))], Learned(), NOW)
    assert load is not None
    found = simulate(load, room())
    faster, slower = simulate(load, room("4")), simulate(load, room("2"), began=1.0)
    assert pays(found, faster, 1.0)
    assert not pays(faster, slower, 1.0)
    assert not pays(found, found, 1.0)
    partly = replace(faster, runs=dict(list(faster.runs.items())[:-1]))
    assert not pays(found, partly, 1.0)


def test_what_has_ended_is_left_out_and_what_runs_ends_when_expected() -> None:
    cluster = begun(HOLDING_BACK)
    for write in cluster.writes_of(cluster.plan()):
        write()
    cluster.start_pods()
    cluster.finish("p.prepare")
    cluster.reconcile()
    cluster.start_pods()
    running = cluster.now
    cluster.now += 120
    observed, verdicts = course(cluster)
    left = {one.task: one for one in remaining(observed, verdicts, cluster.now).activities}
    assert left.keys() == {"long", "tail", "short"}
    assert left["long"].shape is None
    assert left["long"].duration == pytest.approx(600 - (cluster.now - (began(observed, "long") or 0)), abs=1)
    assert running <= (began(observed, "long") or 0) + 1
    assert left["tail"].duration == 480
    (old,) = (one for one in remaining(observed, verdicts, cluster.now + 60).activities if one.task == "long")
    assert old.duration == pytest.approx(left["long"].duration - 60)
    cluster.now += 1000
    observed, verdicts = course(cluster)
    (late,) = (one for one in remaining(observed, verdicts, cluster.now).activities if one.task == "long")
    assert late.duration == pytest.approx(0.25 * (cluster.now - (began(observed, "long") or 0)))


@pytest.mark.parametrize("policy", [CRITICAL_PATH, PLANNED])
def test_a_simulation_that_nobody_waits_for_any_more_is_given_up(policy: Policy) -> None:
    load = remaining(*course(begun(HOLDING_BACK)), NOW, Learned())
    asked = iter([True, True, False])
    with pytest.raises(GivenUp):
        simulate(load, Capacity(), NOW, policy, go_on=lambda: next(asked))
    assert next(asked, None) is None
