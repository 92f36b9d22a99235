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


def test_one_sequence_of_edits_that_is_run_again_leaves_the_others_as_they_were() -> None:
    every = [verdict(one.name) for one in SCENARIOS]
    some = [verdict("edits-0"), verdict("edits-1", "worse", "and more"), verdict("edits-2", "bad"), verdict("edits-3")]
    before = report.table([*every, *some], 7, 60)
    again = report.table([verdict("edits-2")], 8, 60, before)
    assert row(again, "edits-0").startswith("| `edits-0` to `edits-3` | random edits |")
    assert row(again, "edits-0").endswith("| `edits-1`: worse<br>and more |")
    assert "- again: `edits-2`; seed 8" in again
    worse = report.table([verdict("edits-3", "sad"), verdict("edits-9")], 9, 60, again)
    assert row(worse, "edits-0").startswith("| `edits-0` to `edits-3`, `edits-9` |")
    assert row(worse, "edits-0").endswith("| `edits-1`: worse<br>and more<br>`edits-3`: sad |")
    assert row(report.table([verdict(SCENARIOS[0].name)], 9, 60, worse), "edits-0") == row(worse, "edits-0")
    assert "`edits-9`" not in report.table([*every, *some], 7, 60, worse)
    assert report.table([verdict("edits-5")], 9, 60).splitlines()[-1].startswith("| `edits-5` |")


def test_a_table_without_random_edits_has_no_rows_of_them() -> None:
    assert "**edits**" not in report.table([verdict(one.name) for one in SCENARIOS], 7, 60)


def test_the_row_of_the_document_is_read_as_it_is_written() -> None:
    before = report.DOCUMENT.read_text().split(report.BEGIN)[1].split(report.END)[0]
    assert row(report.table([verdict(SCENARIOS[0].name)], 9, 60, before), "edits-0") == row(before, "edits-0")
