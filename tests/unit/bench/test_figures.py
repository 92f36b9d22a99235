"""Figures of the bench: percentiles, summaries of trials, the table's place in its document."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.bench import curve, report
from tests.bench.figures import Figure, number, percentile, row, summaries
from tests.bench.rows.fanout import busiest


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.0025, "0.0025"), (0.00001234, "0.000012"), (4.068, "4.07"), (1234.5, "1,234")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_trials_of_one_figure_become_a_median_and_a_spread() -> None:
    figures = [Figure(2, "rate", value, "/s", 10, at_least=True) for value in (12, 9, 11)]
    (found,) = summaries(figures)
    assert (found.median, found.spread, found.met) == (11, "9 to 12", True)
    assert found.figure.goal == "≥ 10 /s"


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    (found,) = summaries([Figure(1, "hop", 20, "ms")])
    assert (found.met, found.spread, found.figure.goal) == (None, "", "")


@pytest.mark.parametrize(
    ("figure", "calibrated", "met"),
    [
        (Figure(1, "hop", 20, "ms", 10), 10, True),
        (Figure(2, "rate", 20, "steps/s", 40, at_least=True), 40, True),
        (Figure(7, "writes", 20, "/s", 10), 20, False),
        (Figure(5, "memory", 20, "MB", 10), 20, False),
    ],
)
def test_on_a_machine_half_as_fast_times_and_rates_are_told_for_the_usual_one(
    figure: Figure, calibrated: float, met: bool
) -> None:
    (found,) = summaries([figure], slowness=2)
    assert (found.median, found.calibrated, found.met) == (20, calibrated, met)


def test_the_table_has_calibrated_figures_and_those_of_others_beside() -> None:
    found = summaries([Figure(1, "hop", 20, "ms", 10, peer="Argo 110 ms")], slowness=2)
    assert report.table(found, 1, [0.0]).endswith("| 1 | hop | 20 ms |  | 10 | ≤ 10 ms | yes | Argo 110 ms |")


def test_growth_is_drawn_from_the_figures_of_each_size(tmp_path: Path) -> None:
    found = summaries(
        [Figure(6, "100 steps: hop p99", 20, "ms"), Figure(6, "10,000 steps: hop p99", 40, "ms"), Figure(1, "hop", 1)]
    )
    assert curve.write(found, tmp_path / "growth.svg")
    drawn = (tmp_path / "growth.svg").read_text()
    ElementTree.fromstring(drawn)
    assert all(words in drawn for words in ("hop p99", "20 ms", "40 ms", "10,000 steps"))
    assert not curve.write(summaries([Figure(1, "hop", 1)]), tmp_path / "none.svg")
    assert not (tmp_path / "none.svg").exists()


def test_rows_come_in_order() -> None:
    found = summaries([Figure(3, "b", 1), Figure(1, "a", 1), Figure(3, "c", 1)])
    assert [one.figure.what for one in found] == ["a", "b", "c"]


def test_rows_of_the_page_come_last_in_their_own_order() -> None:
    found = summaries([Figure(row(text), text, 1) for text in ("W10", "12", "W2", "2")])
    assert [one.figure.what for one in found] == ["2", "12", "W2", "W10"]


@pytest.mark.parametrize("text", ["", "W", "V1", "-1", "1.5"])
def test_a_row_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no row"):
        row(text)


def test_the_busiest_window() -> None:
    assert busiest([0.0, 1.0, 2.0, 10.0, 11.0], 5.0) == 3 / 5
    assert busiest([], 5.0) == 0


def test_the_table_goes_between_its_markers(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write("new", document=document)
    assert document.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"


def test_a_document_without_markers_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("text")
    with pytest.raises(ValueError, match="bench: begin"):
        report.write("new", document=document)


def test_some_rows_are_replaced_and_the_others_stay(tmp_path: Path) -> None:
    head = "| row | what |\n| --- | --- |"
    document = tmp_path / "performance.md"
    document.write_text(
        f"{report.BEGIN}\n- Monday\n\n{head}\n| 1 | hop |\n| 9 | old |\n| 12 | idle |\n| W1 | opened |\n{report.END}\n"
    )
    for day in ("Tuesday", "Wednesday"):
        report.write(f"- {day}\n- machine\n\n{head}\n| 1 | other |\n| 9 | new |\n| 9 | newer |", [9], document)
    assert document.read_text() == (
        f"{report.BEGIN}\n- Monday\n- row 9: Wednesday; machine\n\n{head}\n"
        f"| 1 | hop |\n| 9 | new |\n| 9 | newer |\n| 12 | idle |\n| W1 | opened |\n{report.END}\n"
    )
