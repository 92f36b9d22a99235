"""PipelineSchedules: when which Pipeline is created, by policy, deadline and suspension; history; what is said."""

import pytest
from tests.unit.core.cron.schedule_world import UID, World, at, manifest, name


def test_the_pipeline_of_a_tick() -> None:
    template = manifest()["spec"]["pipelineTemplate"]
    template["metadata"] = {"labels": {"team": "night"}, "annotations": {"example.com/note": "hello"}}
    world = World.of("2026-07-01T11:55:00Z", pipelineTemplate=template)
    assert world.go("2026-07-01T11:59:59Z") == []
    assert world.go("2026-07-01T12:00:00.2Z") == ["night-29715120"]
    made = world.pipelines["night-29715120"]
    assert made["metadata"]["labels"] == {
        "team": "night",
        "app.kubernetes.io/managed-by": "penstock",
        "penstock.dev/schedule": "night",
    }
    assert made["metadata"]["annotations"] == {
        "example.com/note": "hello",
        "penstock.dev/scheduled-time": "2026-07-01T12:00:00Z",
    }
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("PipelineSchedule", "night", UID, True)
    assert made["spec"]["params"] == [{"name": "scheduledTime", "type": "String", "value": "2026-07-01T12:00:00Z"}]
    assert made["spec"]["steps"] == template["spec"]["steps"]
    assert world.schedule["spec"]["pipelineTemplate"]["spec"]["params"][0]["value"] == ""


def test_a_template_without_the_parameter_is_taken_as_it_is() -> None:
    template = {"spec": {"steps": [{"name": "one", "image": "any", "script": "true"}]}}
    world = World.of("2026-07-01T11:55:00Z", pipelineTemplate=template)
    world.go("2026-07-01T12:00:00Z")
    assert world.pipelines[name("2026-07-01T12:00Z")]["spec"] == template["spec"]


def test_status_and_waking() -> None:
    world = World.of("2026-07-01T11:55:00Z")
    world.now = at("2026-07-01T11:56:00Z")
    assert world.reconcile().wake_at == at("2026-07-01T12:00:00Z")
    assert world.status["nextScheduleTime"] == "2026-07-01T12:00:00Z"
    assert "lastScheduleTime" not in world.status
    world.go("2026-07-01T12:00:00Z")
    assert world.status["lastScheduleTime"] == "2026-07-01T12:00:00Z"
    assert world.status["nextScheduleTime"] == "2026-07-01T12:10:00Z"
    assert (world.status["active"], world.status["observedGeneration"]) == (1, 1)
    assert world.condition("Accepted") == ("True", "Accepted")
    assert world.condition("Suspended") == ("False", "OnSchedule")
    world.finish(name("2026-07-01T12:00Z"))
    world.go("2026-07-01T12:01:00Z")
    assert world.status["active"] == 0
    assert world.reasons() == ["PipelineCreated"]


@pytest.mark.parametrize(
    ("policy", "running", "created", "left"),
    [
        ("Allow", True, True, 2),
        ("Allow", False, True, 2),
        ("Forbid", True, False, 1),
        ("Forbid", False, True, 2),
        ("Replace", True, True, 1),
        ("Replace", False, True, 2),
    ],
)
def test_concurrency(policy: str, running: bool, created: bool, left: int) -> None:
    world = World.of("2026-07-01T11:55:00Z", concurrencyPolicy=policy)
    world.go("2026-07-01T12:00:00Z")
    if not running:
        world.finish(name("2026-07-01T12:00Z"))
    assert world.go("2026-07-01T12:10:00Z") == ([name("2026-07-01T12:10Z")] if created else [])
    assert len(world.pipelines) == left


def test_forbid_runs_the_latest_tick_when_there_is_room_again() -> None:
    world = World.of("2026-07-01T11:55:00Z", concurrencyPolicy="Forbid")
    world.go("2026-07-01T12:00:00Z")
    for minute in (10, 15, 20, 30, 35):
        assert world.go(f"2026-07-01T12:{minute}:00Z") == []
    assert world.status["lastScheduleTime"] == "2026-07-01T12:00:00Z"
    assert world.reasons() == ["PipelineCreated", "StillActive", "StillActive", "StillActive"]
    world.finish(name("2026-07-01T12:00Z"))
    assert world.go("2026-07-01T12:36:00Z") == [name("2026-07-01T12:30Z")]
    assert world.reasons() == ["MissedTicks", "PipelineCreated"]


def test_forbid_lets_a_tick_go_after_its_deadline() -> None:
    world = World.of("2026-07-01T11:55:00Z", concurrencyPolicy="Forbid", startingDeadlineSeconds=60)
    world.go("2026-07-01T12:00:00Z")
    world.go("2026-07-01T12:10:00Z")
    world.finish(name("2026-07-01T12:00Z"))
    assert world.go("2026-07-01T12:12:00Z") == []
    assert world.go("2026-07-01T12:20:00Z") == [name("2026-07-01T12:20Z")]


def test_a_pipeline_that_goes_on_after_an_edit_still_runs() -> None:
    world = World.of("2026-07-01T11:55:00Z", concurrencyPolicy="Forbid")
    world.go("2026-07-01T12:00:00Z")
    world.finish(name("2026-07-01T12:00Z"), "Failed")
    world.pipelines[name("2026-07-01T12:00Z")]["metadata"]["generation"] = 2
    assert world.go("2026-07-01T12:10:00Z") == []


def test_of_missed_ticks_the_latest_is_run_once() -> None:
    world = World.of("2026-07-01T11:55:00Z")
    world.go("2026-07-01T12:00:00Z")
    assert world.go("2026-07-01T15:05:00Z") == [name("2026-07-01T15:00Z")]
    assert any("17 ticks before" in note for _, note in world.events)
    assert world.go("2026-07-01T15:06:00Z") == []


def test_a_thousand_missed_ticks() -> None:
    world = World.of("2025-07-01T11:55:00Z", schedule="* * * * *")
    assert world.go("2026-07-01T12:00:30Z") == [name("2026-07-01T12:00Z")]
    assert any("more than 1,000 ticks" in note for _, note in world.events)


@pytest.mark.parametrize(
    ("deadline", "late", "runs"), [(60, 59, True), (60, 60, True), (60, 61, False), (None, 599, True)]
)
def test_the_deadline(deadline: int | None, late: int, runs: bool) -> None:
    spec = {} if deadline is None else {"startingDeadlineSeconds": deadline}
    world = World.of("2026-07-01T11:55:00Z", **spec)
    world.go("2026-07-01T11:56:00Z")
    world.now = at("2026-07-01T12:00:00Z") + late
    world.reconcile()
    assert world.history == ([name("2026-07-01T12:00Z")] if runs else [])
    assert world.reasons() == (["PipelineCreated"] if runs else ["TooLate"])


def test_suspend_holds_ticks_back_and_its_end_runs_the_latest() -> None:
    world = World.of("2026-07-01T11:55:00Z", suspend=True)
    plan = world.plan()
    assert (plan.create, plan.wake_at) == ([], None)
    assert world.go("2026-07-01T13:00:00Z") == []
    assert world.condition("Suspended") == ("True", "Suspended")
    assert "nextScheduleTime" not in world.status
    world.edit(suspend=False)
    assert world.go("2026-07-01T13:15:00Z") == [name("2026-07-01T13:10Z")]
    assert world.condition("Suspended") == ("False", "OnSchedule")


def test_a_lost_status_brings_no_tick_back() -> None:
    world = World.of("2026-07-01T11:55:00Z")
    world.go("2026-07-01T12:10:00Z")
    world.schedule["status"] = {}
    assert world.go("2026-07-01T12:11:00Z") == []
    assert world.status["lastScheduleTime"] == "2026-07-01T12:10:00Z"


def test_what_ended_stays_until_its_tick_is_recorded() -> None:
    """A crash between the writes leaves a Pipeline that the status does not know; deleting it would bring it back."""
    world = World.of("2026-07-01T11:55:00Z", successfulPipelinesHistoryLimit=0)
    world.now = at("2026-07-01T12:00:00Z")
    world.apply(world.plan(), writes=1)
    world.finish(name("2026-07-01T12:00Z"))
    plan = world.plan()
    assert (plan.create, plan.delete) == ([], [])
    assert world.go("2026-07-01T12:00:01Z") == []
    assert world.pipelines == {}


def test_a_name_that_somebody_else_has() -> None:
    world = World.of("2026-07-01T11:55:00Z")
    world.go("2026-07-01T11:56:00Z")
    world.foreign(name("2026-07-01T12:00Z"))
    assert world.go("2026-07-01T12:00:00Z") == []
    plan = world.plan()
    assert plan.wake_at == at("2026-07-01T12:00:10Z")
    assert world.reasons() == ["NameConflict"]
    del world.pipelines[name("2026-07-01T12:00Z")]
    assert world.go("2026-07-01T12:00:10Z") == [name("2026-07-01T12:00Z")]


def test_history_limits_delete_what_ended_first() -> None:
    world = World.of("2026-07-01T11:55:00Z", successfulPipelinesHistoryLimit=2, failedPipelinesHistoryLimit=1)
    made = [world.go(f"2026-07-01T12:{minute}0:00Z")[0] for minute in range(6)]
    for one, phase in zip(made, ["Succeeded", "Failed", "Succeeded", "Cancelled", "Succeeded"], strict=False):
        world.now += 1
        world.finish(one, phase)
    world.reconcile()
    assert set(world.pipelines) == {made[2], made[3], made[4], made[5]}
    assert world.reasons().count("HistoryLimit") == 2


def test_history_limit_zero_keeps_nothing_that_ended() -> None:
    world = World.of("2026-07-01T11:55:00Z", successfulPipelinesHistoryLimit=0)
    world.go("2026-07-01T12:00:00Z")
    world.finish(name("2026-07-01T12:00Z"))
    assert world.go("2026-07-01T12:01:00Z") == []
    assert world.pipelines == {}


def test_an_invalid_schedule_creates_nothing_and_says_everything() -> None:
    world = World.of("2026-07-01T11:55:00Z", schedule="0 0 0 * * *", timeZone="Mars/Olympus")
    world.schedule["spec"]["pipelineTemplate"] = {"spec": {"steps": [{"name": "one", "script": "true"}]}}
    assert world.go("2026-07-01T13:00:00Z") == []
    assert world.condition("Accepted") == ("False", "Invalid")
    message = world.status["conditions"][0]["message"]
    for part in ("spec.schedule:", "spec.timeZone:", "spec.pipelineTemplate.spec.steps[0]: step 'one' has no image"):
        assert part in message
    assert world.reasons() == ["Invalid"]
    world.edit(**manifest()["spec"], timeZone=None)
    assert world.go("2026-07-01T13:01:00Z") == [name("2026-07-01T13:00Z")]
    assert world.condition("Accepted") == ("True", "Accepted")


def test_a_schedule_that_is_being_deleted_is_left_alone() -> None:
    world = World.of("2026-07-01T11:55:00Z")
    world.schedule["metadata"]["deletionTimestamp"] = "2026-07-01T11:56:00Z"
    assert world.go("2026-07-01T13:00:00Z") == []
    assert world.status == {}
