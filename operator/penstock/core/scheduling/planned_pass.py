"""The planned pass: gives a workload a plan where that pays, judged by simulation with the operator's own admission."""

from collections.abc import Callable, Mapping

from penstock.core.scheduling.activities import Workload
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.improve import improve, with_plan
from penstock.core.scheduling.policies import CRITICAL_PATH, PLANNED
from penstock.core.scheduling.simulate import Simulated, simulate
from penstock.core.scheduling.turns import TOLERANCE

PLACEMENTS = 20_000
"""Placements of activities that a planned pass may try; with many activities there are fewer tries."""

MOST_TRIES = 50


def prepared(
    workload: Workload,
    capacity: Capacity,
    began: float = 0.0,
    placements: int = PLACEMENTS,
    least_gain: float = TOLERANCE,
    go_on: Callable[[], bool] = lambda: True,
) -> Workload:
    """The workload with a plan, where one is found by which no Pipeline ends later than by the dispatch rule, and some
    Pipeline at least `least_gain` seconds sooner; else as it is.

    `go_on`: asked between tries, so that the caller may keep to a budget of time.
    """
    if not workload.activities:
        return workload
    found = simulate(workload, capacity, began, CRITICAL_PATH)
    if not found.waited:
        return workload
    tries = max(1, min(MOST_TRIES, placements // (3 * len(workload.activities))))
    known = {key: run.start - began for key, run in found.runs.items()}
    made = with_plan(workload, improve(workload, capacity, tries, known=known, began=began, go_on=go_on))
    better = pays(found, simulate(made, capacity, began, PLANNED), least_gain)
    return made if better else workload


def pays(without: Simulated, by_plan: Simulated, least_gain: float) -> bool:
    """Whether some Pipeline ends so many seconds sooner by the plan, and none later."""
    before, after = ends(without), ends(by_plan)
    gains = [before[one] - after.get(one, float("inf")) for one in before]
    return bool(gains) and min(gains) >= -TOLERANCE and max(gains) >= least_gain


def ends(found: Simulated) -> Mapping[tuple[str, str], float]:
    """When each Pipeline ends (namespace, name), as far as its steps start at all."""
    last: dict[tuple[str, str], float] = {}
    for key, run in found.runs.items():
        last[key[:2]] = max(last.get(key[:2], run.end), run.end)
    return last
