"""Row 9: what a run amounts to beside the plan, and its figures."""

import pytest
from tests.bench import workloads
from tests.bench.comparison import Lived, lags, makespan, overtaken, prospect, with_lags
from tests.bench.rows.reality import BLIND, CASES, EXACT, FIFO, OFF, Outcome, figures

from penstock.core.foresight.simulate import Simulated

LIVED = {"a": Lived(0.0, 0.1, 2.1), "b": Lived(0.0, 0.2, 3.3), "c": Lived(2.3, 2.4, 5.4)}
TAKES = {"a": 2.0, "b": 3.0, "c": 3.0}
NODE = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "2", "pods": "9"}}}


def simulated(policy: str = "critical-path", cpu: str = "1") -> Simulated:
    asks = {"resources": {"requests": {"cpu": cpu}}}
    chain = [workloads.step("a", **asks), workloads.step("b", **asks), workloads.step("c", "a", **asks)]
    return prospect(workloads.pipeline("p", chain), "default", [NODE], policy).run(TAKES)


def test_the_makespan_is_from_the_first_job_to_the_last_pods_end() -> None:
    assert makespan(LIVED) == 5.4


def test_lags_are_what_no_plan_has() -> None:
    found = lags(LIVED, TAKES)
    assert found.starting == pytest.approx((0.1, 0.2, 0.1))
    assert found.over == pytest.approx((0.0, 0.1, 0.0))
    assert found.reacting == pytest.approx((0.2,))
    assert str(found).endswith("end to Job p50 200 ms, p90 200 ms")


def test_a_run_in_which_nothing_follows_has_no_reaction() -> None:
    alone = {"a": LIVED["a"]}
    assert str(lags(alone, TAKES)).endswith("end to Job -")
    assert with_lags(alone, TAKES) == pytest.approx({"a": 2.1})


def test_with_its_lags_a_step_holds_its_room_longer() -> None:
    assert with_lags(LIVED, TAKES) == pytest.approx({"a": 2.3, "b": 3.5, "c": 3.3})


def test_the_simulation_takes_the_true_times() -> None:
    assert simulated().makespan == pytest.approx(5.0)
    assert simulated(cpu="2").makespan == pytest.approx(8.0)


def test_steps_in_another_order_than_planned_are_counted() -> None:
    assert overtaken(LIVED, simulated()) == 0
    early = {**LIVED, "c": Lived(-1.0, 0.0, 3.0)}
    assert overtaken(early, simulated()) == 2


def test_the_figures_are_ratios_with_the_worst_project() -> None:
    good = {case: Outcome(100.0, 101.0, 100.0, 0, 0) for case in CASES}
    slow = good | {
        EXACT[1]: Outcome(104.0, 107.0, 100.0, 0, 1),
        OFF[0]: Outcome(112.0, 113.0, 110.0, 0, 0),
        BLIND: Outcome(103.0, 104.0, 101.0, 0, 0),
        FIFO: Outcome(100.0, 101.0, 100.0, 2, 0),
    }
    found = {one.what: one for one in figures({"good": good, "slow": slow})}
    assert found["planned, 2 projects: makespan on the cluster / simulated, mean"].value == pytest.approx(1.02)
    assert found["planned, 2 projects: makespan on the cluster / simulated, worst"].value == pytest.approx(1.04)
    assert found["planned, 2 projects: until the Pipeline says Succeeded / simulated, worst"].value == pytest.approx(
        1.07
    )
    off = "critical-path, durations off by up to 30 %: "
    assert found[f"{off}makespan / with true ones, mean"].value == pytest.approx(1.06)
    assert found[f"{off}the same simulated, worst"].value == pytest.approx(1.1)
    assert found["planned, no durations: makespan / FIFO's, worst"].value == pytest.approx(1.03)
    assert found["all runs: pods that were Unschedulable"].value == 1
    assert found["all runs: over-commits"].value == 2
    assert {one.row for one in found.values()} == {9}
