"""When a process counts as deaf to probes: each case is a list of probes, as (seconds, whether it was answered)."""

from __future__ import annotations

import pytest
from tests.faults.replica import DEAF_SECONDS, Hearing

ENDING = [(0.5 * number, number < 4 or number > 12) for number in range(20)]
"""A process that takes some seconds to end, since it gives back its Lease, and no longer answers in that time."""
STALLED = [(0.0, True), (2 * DEAF_SECONDS, False), (2 * DEAF_SECONDS + 1, False), (2 * DEAF_SECONDS + 2, True)]
"""The one who asks stood still."""
HUNG = [(5.5 * number, number < 1) for number in range(20)]
TWICE = [(5.5 * number, number % 10 == 0) for number in range(20)]


@pytest.mark.parametrize(
    ("probes", "told"),
    [(ENDING, 0), (STALLED, 0), (HUNG, 1), (TWICE, 2), ([(0.0, False), (1.0, True)], 0)],
    ids=["ending", "stalled", "hung", "twice", "beginning"],
)
def test_a_silence_that_lasts_is_told_once(probes: list[tuple[float, bool]], told: int) -> None:
    hearing = Hearing()
    assert sum(hearing.deaf(answered, at) for at, answered in probes) == told
