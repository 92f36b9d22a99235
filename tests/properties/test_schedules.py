"""Schedules under random downtimes, crashes between writes, ends of Pipelines and edits: no tick is ever run twice.

Only a backfill may run a tick again: one whose Pipeline was gone before it was asked for, or was cut off by Replace.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.cron.schedule_world import World, at, compiled

BEGIN = "2026-10-24T20:00:00Z"
"""A few hours before clocks go back in Berlin."""
RANGE = {"from": "2026-10-24T17:30:00Z", "to": "2026-10-25T01:30:00Z"}

policies = st.fixed_dictionaries(
    {
        "schedule": st.sampled_from(["*/10 * * * *", "0,30 * * * *", "30 2 * * *", "15 1-4 * * *"]),
        "timeZone": st.sampled_from(["Europe/Berlin", "Etc/UTC"]),
        "concurrencyPolicy": st.sampled_from(["Allow", "Forbid", "Replace"]),
        "successfulPipelinesHistoryLimit": st.sampled_from([0, 1, 3]),
        "failedPipelinesHistoryLimit": st.sampled_from([0, 1]),
    },
    optional={"startingDeadlineSeconds": st.sampled_from([0, 30, 600, 3600])},
)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("look"), st.integers(1, 1200)),
        st.tuples(st.just("down"), st.integers(600, 20_000)),
        st.tuples(st.just("crash"), st.integers(0, 4)),
        st.tuples(st.just("finish"), st.integers(0, 9)),
        st.tuples(st.just("fail"), st.integers(0, 9)),
        st.tuples(st.just("backfill"), st.integers(1, 3)),
        st.tuples(st.just("suspend"), st.integers(0, 1)),
    ),
    max_size=40,
)


def tick_of(name: str) -> int:
    return int(name.removeprefix("night-")) * 60


def running(world: World, backfill: bool) -> list[str]:
    return [
        name
        for name, one in world.pipelines.items()
        if one["status"]["phase"] == "Pending" and ("penstock.dev/backfill" in one["metadata"]["labels"]) is backfill
    ]


def look(world: World, spec: dict[str, Any], writes: int | None = None) -> None:
    """One turn of the operator, which may crash after some of its writes, and what holds whenever it acts."""
    plan = world.plan()
    cut_off = {view.name for view in plan.delete if view.status["phase"] == "Pending"}
    assert not cut_off or spec["concurrencyPolicy"] == "Replace"
    assert not cut_off & set(running(world, True))
    for made in plan.create:
        tick = tick_of(made["metadata"]["name"])
        assert tick <= world.now
        if made["metadata"]["name"] in set(world.history) - set(world.pipelines):
            assert "penstock.dev/backfill" in made["metadata"]["labels"]
            assert made["metadata"]["name"] in world.again
            world.again.remove(made["metadata"]["name"])
        if "penstock.dev/backfill" not in made["metadata"]["labels"]:
            assert tick > at(BEGIN)
            assert tick >= world.now - spec.get("startingDeadlineSeconds", 10**9)
            assert tick > at(world.status.get("lastScheduleTime", BEGIN))
    done = world.apply(plan, writes)
    world.again |= cut_off - set(world.pipelines)
    assert len(running(world, True)) <= world.schedule["spec"].get("backfill", {}).get("parallelism", 10**9)
    if done and spec["concurrencyPolicy"] != "Allow":
        assert len(running(world, False)) <= 1
    if done and plan.wake_at is not None:
        assert plan.wake_at > world.now


def act(world: World, spec: dict[str, Any], action: str, number: int) -> None:
    match action:
        case "look":
            world.now += number
            look(world, spec)
        case "down":
            world.now += number
        case "crash":
            look(world, spec, number)
        case "finish" | "fail":
            names = running(world, True) + running(world, False)
            if names:
                world.finish(names[number % len(names)], "Succeeded" if action == "finish" else "Failed")
        case "backfill":
            if "backfill" not in world.schedule["spec"]:
                world.edit(backfill={**RANGE, "parallelism": number})
                world.again |= set(world.history) - set(world.pipelines)
        case "suspend":
            world.edit(suspend=bool(number))


@settings(max_examples=150, deadline=None)
@given(policies, actions)
def test_no_tick_is_run_twice_and_every_rule_holds(spec: dict[str, Any], steps: list[tuple[str, int]]) -> None:
    world = World.of(BEGIN, **spec)
    for action, number in steps:
        act(world, spec, action, number)
    world.edit(suspend=False)
    for _ in range(200):
        for name in running(world, True) + running(world, False):
            world.finish(name)
        look(world, spec)
        plan = world.plan()
        if not (plan.status or plan.create or plan.delete or running(world, True) or running(world, False)):
            break
    plan = world.plan()
    assert (plan.create, plan.delete, plan.status, plan.events) == ([], [], None, [])
    rules = compiled(world.schedule).rules
    assert rules is not None
    assert {tick_of(name) for name in world.history} <= set(rules.timetable.between(at(RANGE["from"]) - 1, world.now))
    if "backfill" in world.schedule["spec"]:
        until = at(world.status["backfill"]["until"])
        wanted = set(rules.timetable.between(at(RANGE["from"]) - 1, until))
        assert wanted <= {tick_of(name) for name in world.history}
        assert world.status["backfill"]["passed"] == world.status["backfill"]["ticks"] == len(wanted)


@settings(max_examples=60, deadline=None)
@given(policies, st.integers(1, 60))
def test_an_operator_that_is_up_misses_nothing(spec: dict[str, Any], late: int) -> None:
    """It wakes when the plan says, a little late, and no deadline is shorter than that."""
    spec.pop("startingDeadlineSeconds", None)
    world = World.of(BEGIN, **spec)
    for _ in range(40):
        plan = world.reconcile()
        for name in running(world, False):
            world.finish(name)
        assert plan.wake_at is not None
        world.now = plan.wake_at + late
    world.now -= late + 1
    rules = compiled(world.schedule).rules
    assert rules is not None
    assert [tick_of(name) for name in world.history] == list(rules.timetable.between(at(BEGIN), world.now))
    assert not [note for reason, note in world.events if reason == "MissedTicks"]
