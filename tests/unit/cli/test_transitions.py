import pytest
from tests.unit.cli.objects import attempt, pipeline, step

from penstock.cli.show.transitions import Transitions
from penstock.cluster.api import PIPELINES, STEPS
from penstock.cluster.failure import Failure
from penstock.cluster.standing import Standing
from penstock.cluster.watching import Change


def standing(*changes: Change) -> Standing:
    found = Standing("digits")
    found.take(changes)
    return found


def synced(obj: dict[str, object], *steps: dict[str, object]) -> tuple[Change, Change]:
    return Change(PIPELINES, "SYNCED", (obj,)), Change(STEPS, "SYNCED", steps)


def said(transitions: Transitions, now: Standing) -> list[str]:
    return [line.plain for line in transitions.lines(now, "12:00:00", 60)]


def test_each_transition_is_said_once() -> None:
    transitions = Transitions()
    now = standing(*synced(pipeline(phase="Running"), step("a"), step("b", "Running", attempts=[attempt(1)])))
    assert said(transitions, now) == [
        "12:00:00  digits                    Running",
        "12:00:00  b                         Running",
    ]
    assert said(transitions, now) == []
    retry = step("b", "Retrying", reason="Error", message="exit code 1", attempts=[attempt(2)])
    now.take([Change(STEPS, "MODIFIED", (retry,))])
    assert said(transitions, now) == [
        "12:00:00  b                         Retrying           attempt 2: Error: exit code 1"
    ]


def test_what_had_ended_before_is_not_said_but_if_it_runs_again() -> None:
    old = {"startTime": "1970-01-01T00:00:00Z", "completionTime": "1970-01-01T00:00:05Z"}
    now = standing(*synced(pipeline(phase="Running"), step("a", "Succeeded", **old), step("b", "Succeeded", **old)))
    transitions = Transitions()
    transitions.skip(now)
    assert said(transitions, now) == ["12:00:00  digits                    Running"]
    new = {"startTime": "1970-01-01T00:00:50Z", "completionTime": "1970-01-01T00:00:53Z"}
    now.take([Change(STEPS, "MODIFIED", (step("b", "Succeeded", **new),))])
    assert said(transitions, now) == ["12:00:00  b                         Succeeded      3s"]


def test_the_end_comes_last() -> None:
    times = {"startTime": "1970-01-01T00:00:00Z", "completionTime": "1970-01-01T00:00:05Z"}
    now = standing(
        *synced(pipeline(phase="Failed", message="no", **times), step("a", "Failed", reason="Lost", **times))
    )
    assert said(Transitions(), now) == [
        "12:00:00  a                         Failed         5s  Lost",
        "12:00:00  digits                    Failed         5s  no",
    ]


@pytest.mark.parametrize(("phase", "code"), [("Succeeded", 0), ("Failed", 1), ("Invalid", 1), ("Cancelled", 2)])
def test_exit_codes(phase: str, code: int) -> None:
    assert standing(*synced(pipeline(phase=phase))).exit_code == code


def test_an_old_end_is_no_end() -> None:
    edited = pipeline(phase="Succeeded")
    edited["metadata"]["generation"] = 2
    assert standing(*synced(edited)).exit_code is None
    rerun = pipeline(phase="Succeeded", rerun="t1")
    rerun["metadata"]["annotations"] = {"penstock.dev/rerun": "t2 from=a"}
    assert standing(*synced(rerun)).exit_code is None
    rerun["status"]["rerun"] = "t2 from=a"
    assert standing(*synced(rerun)).exit_code == 0
    assert standing(*synced(pipeline(phase="Running"))).exit_code is None
    assert standing(Change(PIPELINES, "SYNCED", (pipeline(phase="Succeeded"),))).exit_code is None


def test_a_pipeline_that_goes_away_ends_the_watch() -> None:
    now = standing(*synced(pipeline()))
    with pytest.raises(Failure, match="was deleted"):
        now.take([Change(PIPELINES, "DELETED", (pipeline(),))])


def test_steps_come_and_go() -> None:
    now = standing(*synced(pipeline(), step("a")))
    now.take([Change(STEPS, "ADDED", (step("b"),)), Change(STEPS, "DELETED", (step("a"),))])
    assert list(now.steps) == ["digits.b"]
