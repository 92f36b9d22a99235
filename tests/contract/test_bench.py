"""The bench is run by hand: what it stands on may not move away unseen."""

from __future__ import annotations

from tests.bench.scenarios import SCENARIOS


def test_every_row_can_be_measured() -> None:
    rows = {row for scenario in SCENARIOS for row in scenario.rows}
    assert rows >= {*range(1, 8), 9, 11, 12, 14, 15, 17}
    assert all(scenario.in_quick or scenario.in_full for scenario in SCENARIOS)
