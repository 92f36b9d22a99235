"""PSPLIB's files: which tables count, what is said about what is not there. The instances are made up."""

from pathlib import Path

import pytest
from tests.bench.schedule.__main__ import _psplib
from tests.bench.schedule.psplib import Best, instances, lacking, tables

INSTANCE = """\
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1
------------------------------------------------------------------------
  1      1     0       0
  2      1     3       4
  3      1     5       2
  4      1     0       0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1
    5
************************************************************************
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "j307_2.sm").write_text(INSTANCE)
    (tmp_path / "j307_3.sm").write_text(INSTANCE)
    (tmp_path / "j30hrs.sm").write_text("Paramter Instance Makespan\n   7   2   9\n")
    return tmp_path


def test_optima_go_before_heuristics_and_lower_bounds_do_not_count(folder: Path) -> None:
    assert tables(folder) == {"j307_2": Best(9.0, proven=False)}
    (folder / "j30opt.sm").write_text("   7   2   8   0.13\n")
    (folder / "j30lb.sm").write_text("   7   2   5\n")
    assert tables(folder) == {"j307_2": Best(8.0, proven=True)}


def test_the_table_is_of_what_is_known_and_the_rest_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "j30opt.sm").write_text("   7   2   8   0.13\n")
    _psplib(folder)
    said = capsys.readouterr().out
    assert "2 instances in" in said
    assert "(j30opt.sm, j60hrs.sm, j120hrs.sm) has them: j307_3." in said
    assert "### PSPLIB J2\n\n1 instances, 1 of the references proven optimal." in said
    assert "| critical-path | 0.00% |" in said


def test_an_empty_folder_is_no_success(tmp_path: Path) -> None:
    (said,) = lacking(tmp_path, [], {})
    assert said.startswith(f"PSPLIB: no instance in {tmp_path}")


def test_nothing_is_said_about_what_is_all_there(folder: Path) -> None:
    (found, _) = instances(folder)
    assert len(lacking(folder, [found], tables(folder))) == 1


def test_many_names_are_cut_short(folder: Path) -> None:
    (found, _) = instances(folder)
    assert lacking(folder, [found] * 7, {})[1].endswith("j307_2, j307_2, j307_2, j307_2, j307_2 and 2 more.")


def test_a_file_that_is_no_instance_is_named(folder: Path) -> None:
    (folder / "j308_1.sm").write_text("nothing of the kind")
    with pytest.raises(ValueError, match=r"j308_1\.sm is not an instance of PSPLIB: .*PRECEDENCE RELATIONS"):
        list(instances(folder))
