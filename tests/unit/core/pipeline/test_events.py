"""Which Events a change of status deserves, and in which words."""

import pytest
from tests.unit.builders import cluster, pipeline, step

from penstock.core.pipeline.events import OUTPUT_BYTES, Event, outputs_told, pipeline_event, step_event


def failing(*finals: dict[str, object]) -> list[Event]:
    """All Events of a Pipeline that fails and takes back what it did."""
    manifest = pipeline(
        step("a", undo={"script": "back"}), step("b", needs=["a"]), onFailure="Undo", **{"finally": list(finals)}
    )
    found = cluster(manifest, b=[1])
    events = []
    before = dict(found.status)
    for _ in range(20):
        for write in found.writes_of(found.plan()):
            write()
            event = pipeline_event(before, found.status) if "phase" in found.status else None
            before = dict(found.status)
            events += [event] if event else []
        found.start_pods()
        found.now += 1
        found.finish()
    return events


def test_the_end_of_a_pipeline_tells_how_its_undo_went() -> None:
    assert [(one.action, one.reason, one.note, one.warning) for one in failing()][-1] == (
        "Failed",
        "Failed",
        "step 'b' failed: exit code 1: it failed; undone: a",
        True,
    )


def test_an_undo_that_something_follows_has_an_event_of_its_own() -> None:
    actions = [one.action for one in failing(step("f"))]
    assert actions[-3:] == ["Undoing", "Undone", "Failed"]


@pytest.mark.parametrize("reason", ["NameConflict", "QuotaExceeded", "Starting"])
def test_what_keeps_a_job_from_being_made_is_told_once(reason: str) -> None:
    waits = {"phase": "Queued", "reason": reason, "message": "a Job x exists"}
    assert step_event({}, waits) == Event("Waiting", reason, "a Job x exists", warning=True)
    assert step_event(waits, waits) is None


def ended(code: int, value: str) -> tuple[Event, dict[str, object]]:
    """The Event of a Pipeline's end, and its status: of one output."""
    found = cluster(
        pipeline(step("a", outputs={"s": "String"}), step("b", needs=["a"]), outputs=[{"name": "s", "from": "a.s"}]),
        a={"s": value},
        b=code,
    )
    found.run()
    event = pipeline_event({"phase": "Running"}, found.status)
    assert event is not None
    return event, found.status


def test_outputs_are_told_with_a_success_alone() -> None:
    assert outputs_told(*ended(0, "x")) == {"outputs": {"s": "x"}}
    assert outputs_told(*ended(1, "x")) == {}


@pytest.mark.parametrize(("letter", "size"), [("x", 1), ("ä", 2)])
def test_outputs_are_told_as_a_whole_or_not_at_all(letter: str, size: int) -> None:
    most = (OUTPUT_BYTES - len('{"s":""}')) // size
    succeeded = Event("Succeeded", "Completed", "")
    for length, fits in ((most, True), (most + 1, False)):
        outputs = {"s": letter * length}
        told = outputs_told(succeeded, {"outputs": outputs})
        assert told == ({"outputs": outputs} if fits else {"outputsTooLarge": True})
