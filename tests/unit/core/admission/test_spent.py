"""Which ended Jobs may go where a quota counts Jobs: those on record, the oldest first, no more than are needed."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.core.admission.capacity import Quota
from penstock.core.admission.spent import on_record, to_clear
from penstock.core.seen.views import JobView, StepView

STEP = StepView("s", "p.a", "ns", "1", 1, "p", "u-p", "a", "a", 0.0, {}, "", "f", 1, "", {})
JOB = JobView("j", "p-a-1", "ns", "1", "s", 2, 1, "run", "f", "", 1, 3, 0.0, finished="Complete", finished_at=10.0)
CLOSED, OPEN = {"number": 1, "end": "2026-01-01T00:00:00Z"}, {"number": 1}


def record(**status: Any) -> StepView:
    return replace(STEP, status=status)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({}, False),
        ({"run": 2, "attempts": [OPEN]}, False),
        ({"run": 2, "attempts": [CLOSED]}, True),
        ({"run": 2, "attempts": [{**CLOSED, "number": 7}]}, True),
        ({"run": 3, "attempts": [CLOSED]}, False),
        ({"run": 3, "lastRun": 1, "attempts": [CLOSED]}, False),
        ({"run": 2, "lastRun": 2}, True),
        ({"run": 5, "lastRun": 4}, True),
    ],
)
def test_an_attempt_is_on_record_once_its_end_is(status: dict[str, Any], told: bool) -> None:
    assert on_record(record(**status), JOB) is told


@pytest.mark.parametrize(
    ("undo", "told"),
    [
        (None, False),
        ({"run": 2, "round": 3, "attempts": [CLOSED]}, True),
        ({"run": 2, "round": 3, "attempts": []}, False),
        ({"run": 1, "round": 3, "attempts": [CLOSED]}, False),
        ({"run": 2, "round": 2, "attempts": [CLOSED]}, False),
        ({"run": 3, "round": 4}, True),
    ],
)
def test_an_undo_is_so_by_its_own_record(undo: dict[str, Any] | None, told: bool) -> None:
    status = {"run": 2, "lastRun": 2, **({"undo": undo} if undo else {})}
    assert on_record(record(**status), replace(JOB, purpose="undo")) is told


def quota(name: str, hard: int, used: int) -> Quota:
    return Quota("ns", "tight", {name: hard * 1000, "cpu": 1000}, {name: used * 1000})


def names(wanted: int, *quotas: Quota, pods: int = 1, **more: JobView) -> list[str]:
    """What is cleared of three Jobs that ended, one after the other, and one that runs."""
    steps = [replace(STEP, uid=str(number), status={"lastRun": 2}) for number in range(5)]
    jobs = [replace(JOB, name=f"j{number}", step=str(number), finished_at=30.0 - number) for number in range(3)]
    running = replace(JOB, name="running", finished=None)
    found = [*zip(steps, jobs, strict=False), (steps[3], running), (replace(STEP, status={}), replace(JOB, name="new"))]
    return [
        job.name for job in to_clear([pods] * wanted, quotas, [*found, *((steps[4], job) for job in more.values())])
    ]


def test_as_many_as_others_wait_for_the_oldest_first() -> None:
    full = quota("count/jobs.batch", 5, 5)
    assert names(1, full) == ["j2"]
    assert names(2, full) == ["j2", "j1"]
    assert names(9, full) == ["j2", "j1", "j0"]
    assert names(0, full) == []
    assert names(2, quota("count/pods", 5, 5)) == ["j2", "j1"]


def test_what_is_left_is_counted() -> None:
    assert names(2, quota("count/jobs.batch", 6, 5)) == ["j2"]
    assert names(2, quota("count/jobs.batch", 6, 5), quota("count/pods", 5, 9)) == ["j2", "j1"]
    assert names(2, quota("count/jobs.batch", 9, 5)) == []
    assert names(1, quota("count/pods", 6, 5), pods=3) == ["j2", "j1"]
    assert "going" not in names(9, going=replace(JOB, name="going", deleting=True))


def test_a_quota_that_may_not_be_seen_has_nothing_left() -> None:
    assert names(2) == ["j2", "j1"]
