"""The bench is run by hand: what it stands on may not move away unseen."""

from __future__ import annotations

from importlib.util import find_spec

from tests.bench.scenarios import PAGES, SCENARIOS


def test_every_row_can_be_measured() -> None:
    rows = {row for scenario in SCENARIOS for row in scenario.rows}
    assert rows >= {*range(1, 8), 9, 11, 12, 14, 15, 17}
    assert rows >= {f"W{number}" for number in range(1, 11)}
    assert all(find_spec(f"tests.bench.page.{name}") for name in PAGES)
    assert all(scenario.in_quick or scenario.in_full for scenario in SCENARIOS)
