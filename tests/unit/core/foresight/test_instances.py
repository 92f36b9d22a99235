"""Instances of the benchmarks: reproducible, solvable, and PSPLIB's files read as they are meant."""

from pathlib import Path

from tests.bench.schedule.instances import epigenomics, mix, montage, project
from tests.bench.schedule.psplib import best_known, instances

from penstock.core.admission.policies import CRITICAL_PATH
from penstock.core.foresight.simulate import simulate

FILE = """\
file with basedata            : made up
jobs (incl. supersource/sink ):  4
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       4    0
  3      1     5       2    1
  4      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    5    1
************************************************************************
"""
TABLE = """\
Paramter  Instance  Makespan  CPU-Time[Sec.]
   7         2         8         0.13
"""


def test_psplib(tmp_path: Path) -> None:
    (tmp_path / "j307_2.sm").write_text(FILE)
    (tmp_path / "j30opt.sm").write_text(TABLE)
    (found,) = instances(tmp_path)
    assert best_known(tmp_path) == {found.name: 8.0}
    assert simulate(found.workload, found.capacity, policy=CRITICAL_PATH).makespan == 8.0
    assert [one.key[2] for one in found.workload.activities] == ["j002", "j003"]


def test_instances_are_reproducible_and_can_be_run() -> None:
    makers = (
        lambda: project(20, 1.5, 0.5, 0.2, 1),
        lambda: montage(6, 1),
        lambda: epigenomics(2, 4, 1),
        lambda: mix(3, 1),
    )
    for make in makers:
        one, other = make(), make()
        assert one.workload == other.workload
        found = simulate(one.workload, one.capacity)
        assert not found.stuck
        assert len(found.runs) == len(one.workload.activities)
