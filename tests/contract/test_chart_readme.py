"""The chart's README is as `make generate` makes it, and says of every value what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contract.chart_readme import BEGINNINGS, Row, readme, rows

VALUES = """\
# Of the file.

# Where it looks.
# Both lines.
scope:
  wide: false
  # Only these.
  names: [a, b]
more: {}

# Of nothing.

last: ""
"""


@pytest.mark.parametrize("chart", BEGINNINGS, ids=lambda chart: chart.name)
def test_it_is_up_to_date(chart: Path) -> None:
    assert (chart / "README.md").read_text(encoding="utf-8") == readme(chart), "run make generate"


def test_every_value_is_there_with_its_default_and_the_comment_above_it() -> None:
    assert rows(VALUES) == [
        Row("scope", "", "Where it looks. Both lines."),
        Row("scope.wide", "false", ""),
        Row("scope.names", '["a", "b"]', "Only these."),
        Row("more", "{}", ""),
        Row("last", '""', ""),
    ]


@pytest.mark.parametrize("chart", BEGINNINGS, ids=lambda chart: chart.name)
def test_every_value_is_documented_or_in_a_group_that_is(chart: Path) -> None:
    found = rows((chart / "values.yaml").read_text(encoding="utf-8"))
    groups = {row.path for row in found if not row.default}
    assert [row.path for row in found if not row.comment and row.path.rpartition(".")[0] not in groups] == []
