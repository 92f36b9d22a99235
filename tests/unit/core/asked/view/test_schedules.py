"""Schedules as rows, of a world that the real planner made."""

from dataclasses import replace

from tests.scenes.cron import HOUR, scheduled
from tests.unit.core.cron.schedule_world import at

from penstock.core.asked.view.schedules import RUNS, Schedule, schedules
from penstock.core.clock import stamp
from penstock.core.cron.scheduled import schedule_view
from penstock.core.cron.ticks import timetable
from penstock.core.seen.reading import pipeline_view

NOW = at("2026-10-24T12:05:00Z")


def found() -> dict[str, Schedule]:
    scene = scheduled(NOW)
    told = schedules(map(schedule_view, scene.of("PipelineSchedule")), map(pipeline_view, scene.of("Pipeline")), NOW)
    return {one.name: one for one in told}


def test_the_next_ticks_are_those_that_the_operator_will_run() -> None:
    etl = found()["etl"]
    assert [stamp(tick.at) for tick in etl.upcoming[:2]] == ["2026-10-24T12:17:00Z", "2026-10-24T13:17:00Z"]
    assert [tick.name for tick in etl.upcoming] == [f"etl-{tick.at // 60}" for tick in etl.upcoming]
    assert [tick.at for tick in etl.upcoming] == timetable("17 * * * *", "Europe/Berlin").upcoming(NOW, 5)
    assert (etl.zone, etl.policy, etl.problem) == ("Europe/Berlin", "Forbid", "")


def test_the_last_pipelines_newest_first() -> None:
    etl = found()["etl"]
    assert [one.phase for one in etl.made] == ["Pending", "Succeeded", "Succeeded", "Failed", "Succeeded"]
    assert [one.tick for one in etl.made] == sorted((one.tick for one in etl.made if one.tick), reverse=True)
    assert (etl.active, etl.count, etl.last) == (1, 5, etl.made[0].tick)
    assert etl.made[1].end is not None
    assert not any(one.backfill for one in etl.made)


def test_a_backfill_tells_how_far_it_is() -> None:
    nightly = found()["nightly"]
    assert nightly.fill is not None
    assert (nightly.fill.ticks, nightly.fill.passed, nightly.fill.done) == (10, 8, None)
    assert (nightly.fill.begin, nightly.fill.until) == (NOW - 100 * HOUR, NOW - 60 * HOUR)
    assert [one.backfill for one in nightly.made].count(True) == 8


def test_one_that_is_wrong_says_why_and_has_no_ticks() -> None:
    weekly = found()["weekly"]
    assert weekly.problem.startswith("spec.schedule: day-of-week '8' is not valid")
    assert (weekly.upcoming, weekly.made, weekly.fill) == ([], [], None)


def test_one_that_the_operator_has_not_seen_yet_says_what_is_wrong_too() -> None:
    scene = scheduled(NOW)
    fresh = replace(schedule_view(scene.of("PipelineSchedule")[2]), status={})
    (told,) = schedules([fresh], [], NOW)
    assert told.problem.startswith("day-of-week '8' is not valid")


def test_pipelines_of_others_are_not_its_own_and_only_the_latest_are_told() -> None:
    scene = scheduled(NOW)
    view = schedule_view(scene.of("PipelineSchedule")[0])
    one = pipeline_view(scene.of("Pipeline")[0])
    many = [replace(one, name=f"etl-{29_000_000 + number}") for number in range(RUNS + 3)]
    (told,) = schedules([view], [*many, replace(one, schedule="somebody's"), replace(one, schedule=None)], NOW)
    assert (len(told.made), told.count) == (RUNS, RUNS + 3)
    assert told.made[0].name == f"etl-{29_000_000 + RUNS + 2}"
    (other,) = schedules([replace(view, uid="another")], many, NOW)
    assert other.made == []


def test_nonsense_says_as_little_as_it_can() -> None:
    view = schedule_view(scheduled(NOW).of("PipelineSchedule")[0])
    odd = replace(view, spec={"schedule": 7, "suspend": "yes"}, status={"backfill": [], "conditions": {"a": 1}})
    (told,) = schedules([odd], [], NOW)
    assert (told.line, told.suspended, told.fill, told.upcoming) == ("", False, None, [])
    assert told.problem
