"""What is remembered of shapes: as much as is asked for, never more and more."""

import pytest

from penstock.core.admission import feasibility
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.shapes import shape


def test_shapes_that_nobody_asks_for_any_more_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feasibility, "REMEMBERED", 10)
    capacity = Capacity.of([])
    for number in range(100):
        feasibility.feasibility(capacity, shape("ns", {"cpu": 1}, claim=f"claim-{number}"))
    assert 0 < len(capacity.memo) <= 10
