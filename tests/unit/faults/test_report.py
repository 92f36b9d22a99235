"""The table tells of every scenario what was found when it was last run, and of those that never were."""

from __future__ import annotations

from tests.faults import report
from tests.faults.run import Verdict
from tests.faults.scenarios import SCENARIOS


def verdict(name: str, *found: str) -> Verdict:
    return Verdict(name, 1, list(found), 1.0, {})


def row(table: str, name: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(f"| `{name}`"))


def test_a_whole_run() -> None:
    first, second = SCENARIOS[:2]
    verdicts = [verdict(one.name) for one in SCENARIOS]
    verdicts[0] = verdict(first.name, "silent: a | b", "sound: x")
    table = report.table([*verdicts, verdict("edits-0"), verdict("edits-1", "worse")], 7, 60)
    assert row(table, first.name).endswith("| silent: a / b<br>sound: x |")
    assert row(table, second.name).endswith("| nothing |")
    assert row(table, "edits-0").endswith("| `edits-1`: worse |")
    assert f"- {len(SCENARIOS)} scenarios and 2 random sequences of edits; seed 7" in table


def test_what_is_run_again_replaces_its_row_only() -> None:
    first, second = SCENARIOS[:2]
    before = report.table([verdict(first.name, "wrong"), verdict(second.name, "bad")], 7, 60)
    table = report.table([verdict(second.name)], 8, 60, before)
    assert row(table, first.name).endswith("| wrong |")
    assert row(table, second.name).endswith("| nothing |")
    assert row(table, SCENARIOS[2].name).endswith("| not run |")
    assert f"- again: `{second.name}`; seed 8" in table
