"""Instances of the benchmarks: reproducible, solvable, and PSPLIB's files read as they are meant."""

from collections import Counter
from pathlib import Path

import pytest
from tests.bench.schedule.instances import epigenomics, mix, montage, project
from tests.bench.schedule.psplib import best_known, instances

from penstock.core.admission.demands import Key
from penstock.core.admission.policies import CRITICAL_PATH
from penstock.core.admission.shapes import PODS
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


@pytest.mark.parametrize(("count", "complexity"), [(30, 1.5), (30, 2.1), (60, 1.8), (120, 2.1)])
def test_networks_have_the_knobs_of_progen(count: int, complexity: float) -> None:
    """Arcs of the dummies count, none follows from others, and nobody has more than three neighbours on a side."""
    load = project(count, complexity, 0.5, 0.2, 0).workload
    needs = {one.key: load.barriers[one.after[0]] if one.after else () for one in load.activities}
    followers = Counter(need for those in needs.values() for need in those)
    assert sum(map(len, needs.values())) + 6 == pytest.approx(complexity * (count + 2), rel=0.03)
    assert sum(not those for those in needs.values()) == len(needs) - len(followers) == 3
    assert max(map(len, needs.values())) == max(followers.values()) == 3
    before: dict[Key, set[Key]] = {}
    for key, those in needs.items():
        assert not any(need in before[other] for need in those for other in those), "the arc says nothing new"
        before[key] = set(those).union(*(before[need] for need in those))
    asked = [name for one in load.activities if one.shape for name in one.shape.requests if name != PODS]
    assert len(asked) == 0.5 * 4 * count


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
