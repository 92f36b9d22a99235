"""When steps were ready, waited and ran."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.builders import graph, step
from tests.unit.core.asked.view.test_rows import seen

from penstock.core.asked.view.ready import ready
from penstock.core.asked.view.times import KINDS, RUN, UNDO, Bar, life, times
from penstock.core.clock import instant, stamp
from penstock.core.seen.reading import pipeline_view

BEGAN = instant("2026-01-01T00:00:00Z") or 0.0


def at(seconds: float) -> str:
    return stamp(BEGAN + seconds)


def attempt(number: int, start: float | None, end: float | None, **more: Any) -> dict[str, Any]:
    spans = {"start": start, "end": end}
    return {"number": number, **{name: at(one) for name, one in spans.items() if one is not None}, **more}


def told(status: dict[str, Any], since: float | None = 0.0) -> list[tuple[Any, ...]]:
    """Bars with instants in seconds from the beginning."""
    bars = life(status, None if since is None else BEGAN + since, BEGAN)
    return [
        (KINDS[one.kind], one.start - BEGAN, None if one.end is None else one.end - BEGAN, one.attempt, one.reason)
        for one in bars
    ]


def test_a_step_is_ready_once_what_it_needs_has_ended() -> None:
    found = graph(
        step("a", outputs={"list": "List"}),
        step("b"),
        step("c", needs=["a", "b"]),
        step("each", each={"x": "a.list"}, outputs={"y": "Integer"}),
        step("sum", inputs={"ys": "from:each.y"}),
        **{"finally": [step("tidy")]},
    )
    done = {"phase": "Succeeded"}
    steps = [
        seen("a", **done, completionTime=at(10), outputs={"list": [1, 2]}),
        seen("b", **done, completionTime=at(30)),
        seen("c", phase="Queued"),
        seen("each.0", **done, completionTime=at(40)),
        seen("each.1", phase="Running"),
        seen("tidy"),
    ]
    since = ready(found, {one.path: one for one in steps}, BEGAN)
    assert {path: one - BEGAN for path, one in since.items()} == {"a": 0, "b": 0, "c": 30, "each.0": 10, "each.1": 10}


def test_steps_of_finally_are_ready_once_all_others_have_ended() -> None:
    found = graph(step("a"), step("b", onError="Continue"), **{"finally": [step("tidy")]})
    steps = [seen("a", phase="Succeeded", completionTime=at(10)), seen("b", phase="Failed", completionTime=at(20))]
    assert ready(found, {one.path: one for one in steps}, BEGAN)["tidy"] == BEGAN + 20


def test_attempts_and_what_comes_before_each() -> None:
    attempts = [attempt(1, 40, 60, reason="OOMKilled", exitCode=137), attempt(2, 75, None)]
    status = {"phase": "Running", "reason": "Running", "startTime": at(30), "attempts": attempts}
    assert told(status, 10) == [
        ("wait", 10, 30, 1, ""),
        ("wait", 30, 40, 1, "Starting"),
        ("run", 40, 60, 1, "OOMKilled"),
        ("wait", 60, 75, 2, "Backoff"),
        ("run", 75, None, 2, ""),
    ]


def test_what_waits_says_for_what() -> None:
    assert told({"phase": "Queued", "reason": "Parallelism"}, 5) == [("wait", 5, None, 0, "Parallelism")]
    assert told({"phase": "Pending"}, None) == []
    starting = {"phase": "Running", "reason": "Starting", "startTime": at(20), "attempts": [attempt(1, None, None)]}
    assert told(starting, 5) == [("wait", 5, 20, 1, ""), ("wait", 20, None, 1, "Starting")]
    failed = {"phase": "Retrying", "reason": "Backoff", "startTime": at(0), "attempts": [attempt(1, 0, 9)]}
    assert told(failed)[-1] == ("wait", 9, None, 0, "Backoff")


def test_an_approval_is_a_wait() -> None:
    status = {"phase": "Succeeded", "reason": "Approved", "startTime": at(5), "completionTime": at(50)}
    assert told(status, 5) == [("wait", 5, 50, 0, "WaitingForApproval")]


def test_attempts_of_which_nothing_is_kept_are_unknown() -> None:
    attempts = [attempt(3, 50, 60, exitCode=0)]
    status = {"phase": "Succeeded", "startTime": at(10), "completionTime": at(60), "attempts": attempts}
    assert told(status, 10) == [("unknown", 10, 50, 0, ""), ("run", 50, 60, 3, "Completed")]


def test_what_ended_before_the_pipeline_began_again_has_no_bars() -> None:
    assert told({"phase": "Succeeded", "completionTime": at(-5), "attempts": [attempt(1, -20, -5)]}) == []


def test_an_undo_comes_after() -> None:
    status = {
        "phase": "Succeeded",
        "run": 2,
        "startTime": at(0),
        "completionTime": at(10),
        "attempts": [attempt(1, 0, 10, exitCode=0)],
        "undo": {"run": 2, "attempts": [attempt(1, 30, 35, exitCode=0)]},
    }
    assert told(status) == [("run", 0, 10, 1, "Completed"), ("undo", 30, 35, 1, "Completed")]


def test_before_a_pipeline_has_begun_there_is_nothing() -> None:
    meta = {"name": "p", "namespace": "ml", "uid": "u", "resourceVersion": "1", "creationTimestamp": at(0)}
    found = times("x-0", BEGAN, pipeline_view({"metadata": meta, "spec": {}}), None, {}, [])
    assert (found.began, found.bars) == (None, ())


MOMENTS = st.none() | st.integers(-30, 300)
ATTEMPTS = st.lists(st.builds(attempt, st.integers(0, 5), MOMENTS, MOMENTS), max_size=5)
STATUSES = st.builds(
    lambda attempts, start, over, reason, undo: {
        "attempts": attempts,
        "reason": reason,
        "run": 1,
        **({"startTime": at(start)} if start is not None else {}),
        **({"completionTime": at(over)} if over is not None else {}),
        **({"undo": {"run": 1, "attempts": undo}} if undo else {}),
    },
    ATTEMPTS,
    MOMENTS,
    MOMENTS,
    st.sampled_from([None, "", "Backoff", "Approved", 3]),
    ATTEMPTS,
)


@given(STATUSES, MOMENTS)
def test_bars_never_overlap_and_tile_the_life_of_a_step(status: dict[str, Any], since: int | None) -> None:
    bars = life(status, None if since is None else BEGAN + since, BEGAN)
    mine: list[Bar] = [one for one in bars if one.kind != UNDO]
    for before, after in pairwise(bars):
        assert before.end is not None
        assert before.end <= after.start
        assert before.end == after.start or after.kind == UNDO
    assert all(one.end is None or one.end >= one.start >= BEGAN for one in bars)
    assert all(one.end != one.start or one.kind in (RUN, UNDO) for one in bars)
    over = instant(status.get("completionTime"))
    if mine and over is not None and mine[-1].end is not None:
        assert mine[-1].end >= over
    if over is None and mine:
        assert mine[-1].end is None
