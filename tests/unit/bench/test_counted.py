"""Rows that are counts: what does not hold is seen, and so is that nothing was tried."""

from pathlib import Path

import pytest
from tests.bench.page.counted import counted
from tests.cluster.progress import ClusterError

CASES = """
import pytest

def test_holds(record_property):
    record_property("answer", 12.5)

def test_does_not():
    raise AssertionError

def test_was_not_tried():
    pytest.skip("here")
"""


def test_what_does_not_hold_or_was_not_tried_is_counted(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(CASES)
    found = counted("W8", "some", str(tmp_path))
    assert [(one.what, one.value, one.unit) for one in found] == [
        ("some: cases", 3, ""),
        ("some: cases in which it does not hold", 2, ""),
        ("some: answer", 12.5, "ms"),
    ]


def test_where_there_is_no_case_nothing_holds(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(CASES)
    with pytest.raises(ClusterError, match="ran nothing"):
        counted("W8", "some", str(tmp_path), "-k", "nothing")
