"""Planned passes: never worse than what they begin with, feasible, reproducible; and what comes out."""

from tests.unit.core.admission.clusters import GPU, node

from penstock.core.admission.capacity import Capacity
from penstock.core.admission.policies import CRITICAL_PATH, PLANNED
from penstock.core.admission.shapes import shape
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.foresight.improve import improve, with_plan
from penstock.core.foresight.simulate import simulate
from penstock.core.foresight.timeline import bottleneck, cost, critical_path, uses


def activity(name: str, duration: float, cpu: int = 0, gpu: int = 0, after: str = "", rank: float = 0.0) -> Activity:
    amounts = {"cpu": 1000 * cpu, GPU: 1000 * gpu}
    return Activity(
        ("ns", "p", name), name, shape("ns", amounts), duration, rank or duration, after=(after,) if after else ()
    )


def key(name: str) -> tuple[str, str, str]:
    return ("ns", "p", name)


HOLDING_BACK = Workload(
    (
        activity("prepare", 1, rank=11),
        activity("long", 10, cpu=2, after="prepared", rank=10),
        activity("short", 9, cpu=1),
    ),
    {"prepared": (key("prepare"),)},
)
"""A dispatch rule starts `short` at once; a plan keeps the room for `long`, which is ready a second later."""


def test_a_plan_may_hold_back_what_could_start() -> None:
    capacity = Capacity.of([node(cpu=2)])
    assert simulate(HOLDING_BACK, capacity, policy=CRITICAL_PATH).makespan == 19
    chain = Workload(
        (*HOLDING_BACK.activities, activity("tail", 8, after="longed", rank=8)),
        {**HOLDING_BACK.barriers, "longed": (key("long"),)},
    )
    assert simulate(chain, capacity, policy=CRITICAL_PATH).makespan == 27
    planned = improve(chain, capacity, 5)
    assert planned.makespan == 20
    assert simulate(with_plan(chain, planned), capacity, policy=PLANNED).makespan == 20
    assert improve(chain, capacity, 5) == planned


def test_a_plan_that_does_not_come_true_holds_nothing_up() -> None:
    capacity = Capacity.of([node(cpu=2)])
    made = with_plan(HOLDING_BACK, improve(HOLDING_BACK, capacity, 5))
    late = simulate(made, capacity, policy=PLANNED, actual=lambda one: 50.0 if one.task == "prepare" else one.duration)
    assert late.runs[key("short")].start <= 20
    assert late.makespan == 60


def test_the_critical_path_and_the_bottleneck() -> None:
    load = Workload(
        (
            activity("a", 5, cpu=1, gpu=1, rank=5),
            activity("b", 7, cpu=1, gpu=1, rank=8),
            activity("c", 1, cpu=1, after="b ends"),
        ),
        {"b ends": (key("b"),)},
    )
    capacity = Capacity.of([node(cpu=4, gpu=1)])
    found = simulate(load, capacity)
    assert [(link.run.activity.task, link.because) for link in critical_path(found, load)] == [
        ("b", ""),
        ("a", f"waited for {GPU}"),
    ]
    assert bottleneck(found) == GPU
    use = uses(found, capacity)
    assert (use[GPU].peak, use[GPU].mean, use[GPU].waited) == (1000, 1000.0, 7.0)
    assert use["cpu"].peak == 2000
    assert cost(found, {GPU: 3600.0, "memory": 1.0}) == 12.0
