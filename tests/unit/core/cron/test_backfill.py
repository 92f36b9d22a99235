"""Backfill: the range, its order, its parallelism, what it passes over, and how it goes along with the schedule."""

from typing import Any

import pytest
from tests.unit.core.cron.schedule_world import World, compiled, manifest, name

RANGE = {"from": "2026-07-01T10:00:00Z", "to": "2026-07-01T10:30:00Z"}
TICKS = [name(f"2026-07-01T10:{minute}0Z") for minute in range(4)]


def world_with(backfill: dict[str, Any], **spec: Any) -> World:
    return World.of("2026-07-01T11:55:00Z", backfill=backfill, **spec)


def test_one_after_the_other_in_order() -> None:
    world = world_with(RANGE)
    for number, tick in enumerate(TICKS, 1):
        assert world.go("2026-07-01T11:56:00Z") == [tick]
        made = world.pipelines[tick]
        assert made["metadata"]["labels"]["penstock.dev/backfill"] == "true"
        assert made["spec"]["params"][0]["value"] == made["metadata"]["annotations"]["penstock.dev/scheduled-time"]
        status = world.status["backfill"]
        assert (status["ticks"], status["passed"]) == (4, number)
        assert world.condition("Backfilling") == ("True", "Backfilling")
        world.finish(tick)
    assert world.go("2026-07-01T11:57:00Z") == []
    assert world.status["backfill"]["cursor"] == "2026-07-01T10:30:00Z"
    assert world.status["backfill"]["completionTime"] == "2026-07-01T11:57:00Z"
    assert world.condition("Backfilling") == ("False", "Completed")
    assert world.history == TICKS
    assert "lastScheduleTime" not in world.status


@pytest.mark.parametrize(("parallelism", "first"), [(1, 1), (3, 3), (10, 4)])
def test_parallelism(parallelism: int, first: int) -> None:
    world = world_with({**RANGE, "parallelism": parallelism})
    assert world.go("2026-07-01T11:56:00Z") == TICKS[:first]
    world.finish(TICKS[0], "Failed")
    assert world.go("2026-07-01T11:57:00Z") == TICKS[first : first + 1]


def test_ticks_that_have_a_pipeline_are_passed_over() -> None:
    world = World.of("2026-07-01T10:05:00Z")
    world.go("2026-07-01T10:10:00Z")
    world.finish(TICKS[1])
    world.edit(backfill={**RANGE, "parallelism": 10})
    assert world.go("2026-07-01T11:56:00Z") == [name("2026-07-01T11:50Z"), TICKS[0], TICKS[2], TICKS[3]]
    assert world.status["backfill"]["passed"] == 4


@pytest.mark.parametrize("policy", ["Forbid", "Replace"])
def test_it_is_outside_the_concurrency_policy(policy: str) -> None:
    world = world_with({**RANGE, "parallelism": 2}, concurrencyPolicy=policy)
    world.go("2026-07-01T11:56:00Z")
    assert world.go("2026-07-01T12:00:00Z") == [name("2026-07-01T12:00Z")]
    world.finish(TICKS[0])
    assert world.go("2026-07-01T12:01:00Z") == [TICKS[2]]
    assert set(world.pipelines) == {*TICKS[:3], name("2026-07-01T12:00Z")}


def test_a_range_into_the_future_ends_where_the_backfill_began() -> None:
    world = world_with({"from": "2026-07-01T11:40:00Z", "to": "2026-07-01T20:00:00Z", "parallelism": 100})
    assert world.go("2026-07-01T11:56:00Z") == [name("2026-07-01T11:40Z"), name("2026-07-01T11:50Z")]
    assert world.status["backfill"]["until"] == "2026-07-01T11:56:00Z"
    assert world.go("2026-07-01T12:00:00Z") == [name("2026-07-01T12:00Z")]


def test_history_limits_keep_what_the_backfill_has_yet_to_pass() -> None:
    world = World.of("2026-07-01T10:25:00Z", successfulPipelinesHistoryLimit=0)
    world.go("2026-07-01T10:30:00Z")
    world.edit(backfill={"from": "2026-07-01T10:00:00Z", "to": "2026-07-01T10:30:00Z"})
    world.finish(TICKS[3])
    for tick in TICKS[:2]:
        assert world.go("2026-07-01T10:36:00Z") == [tick]
        assert TICKS[3] in world.pipelines
        world.finish(tick)
    plan = world.plan()
    assert [made["metadata"]["name"] for made in plan.create] == [TICKS[2]]
    assert TICKS[3] not in {view.name for view in plan.delete}  # the status does not say yet that it was passed over
    world.go("2026-07-01T10:36:00Z")
    world.finish(TICKS[2])
    assert world.go("2026-07-01T10:37:00Z") == []
    assert world.pipelines == {}


def test_suspension_holds_it_back_and_another_range_begins_anew() -> None:
    world = world_with(RANGE)
    world.go("2026-07-01T11:56:00Z")
    world.finish(TICKS[0])
    world.edit(suspend=True)
    assert world.go("2026-07-01T11:57:00Z") == []
    world.edit(suspend=False)
    assert world.go("2026-07-01T11:58:00Z") == [TICKS[1]]
    world.edit(backfill={"from": "2026-07-01T09:50:00Z", "to": "2026-07-01T10:10:00Z", "parallelism": 9})
    assert world.go("2026-07-01T11:59:00Z") == [name("2026-07-01T09:50Z")]
    world.edit(backfill=None)
    world.go("2026-07-01T11:59:30Z")
    assert "backfill" not in world.status
    assert world.condition("Backfilling") is None


def test_a_name_that_somebody_else_has_stops_it() -> None:
    world = world_with(RANGE)
    world.foreign(TICKS[0])
    assert world.go("2026-07-01T11:56:00Z") == []
    assert world.condition("Backfilling") == ("True", "NameConflict")
    assert world.reasons() == ["NameConflict"]
    del world.pipelines[TICKS[0]]
    assert world.go("2026-07-01T11:57:00Z") == [TICKS[0]]
    assert world.condition("Backfilling") == ("True", "Backfilling")


@pytest.mark.parametrize(
    ("backfill", "words"),
    [
        ({"from": "2026-07-02T00:00:00Z", "to": "2026-07-01T00:00:00Z"}, "before it begins"),
        ({"from": "2026-07-01", "to": "2026-07-02T00:00:00Z"}, "names no time zone"),
        ({"from": "yesterday", "to": "2026-07-02T00:00:00Z"}, "is no instant"),
        ({"from": "1969-12-31T00:00:00Z", "to": "2026-07-02T00:00:00Z"}, "before 1970"),
        ({"from": "1970-01-01T00:00:00Z", "to": "2026-07-02T00:00:00Z"}, "longer than forty years"),
        ({"from": "2025-07-01T00:00:00Z", "to": "2026-07-02T00:00:00Z"}, "more than 10,000 ticks"),
    ],
)
def test_ranges_that_cannot_be(backfill: dict[str, Any], words: str) -> None:
    result = compiled(manifest(backfill=backfill))
    assert result.rules is None
    (problem,) = result.problems
    assert problem.path.startswith("spec.backfill")
    assert words in problem.message


@pytest.mark.parametrize("hours", ["+02:00", "-05:30"])
def test_a_range_may_be_written_in_any_zone(hours: str) -> None:
    rules = compiled(
        manifest(backfill={"from": f"2026-07-01T10:00:00{hours}", "to": f"2026-07-01T11:00:00{hours}"})
    ).rules
    assert rules is not None
    assert len(list(rules.timetable.between(rules.first - 1, rules.last))) == 7
