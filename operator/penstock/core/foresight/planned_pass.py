"""The planned pass: gives a workload a plan where that pays, judged by simulation with the operator's own admission."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Key
from penstock.core.admission.policies import CRITICAL_PATH, PLANNED, Policy
from penstock.core.admission.turns import TOLERANCE
from penstock.core.foresight.activities import Activity, Workload, merged
from penstock.core.foresight.improve import Planned, improve, with_plan
from penstock.core.foresight.remaining import remaining
from penstock.core.foresight.simulate import Simulated, simulate
from penstock.core.foresight.worlds import worlds
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.graph.world import Node, Verdict
from penstock.core.seen.snapshot import Observed

PLACEMENTS = 250_000
"""Placements of activities that a planned pass may try, a node less counting half: under a second's worth."""

ENOUGH = 25
"""Schedules for each pair of steps."""

WORLDS = 2
"""Pairs of worlds with wrong estimates in which a plan has to do well."""

MOST_TRIED = 150
"""Steps beyond which that would take too long, so that the estimates alone decide."""

MOST_STEPS = 300
"""Steps of all Pipelines together beyond which the operator makes no planned pass."""

WORTHWHILE = 60.0
"""Seconds that all steps together must still take for a planned pass to be worth its own time."""


def prepared(
    workload: Workload,
    capacity: Capacity,
    began: float = 0.0,
    placements: int = PLACEMENTS,
    least_gain: float = TOLERANCE,
    go_on: Callable[[], bool] = lambda: True,
) -> Workload:
    """The workload with a plan, where one is found by which no Pipeline ends later than by the dispatch rule, and some
    Pipeline at least `least_gain` seconds sooner, and which gains on average too if estimates are wrong; else as it is.

    `go_on`: asked between schedules, so that the caller may keep to a budget of time.
    """
    if not workload.activities:
        return workload
    found = simulate(workload, capacity, began, CRITICAL_PATH)
    if not found.waited:
        return workload
    schedules = affordable(workload, capacity, placements)
    known = Planned(
        {key: run.start - began for key, run in found.runs.items()},
        {key: tuple(run.nodes) for key, run in found.runs.items()},
        found.makespan,
    )
    due = {group: end - began for group, end in ends(found).items()}
    planned = improve(workload, capacity, schedules, known=known, due=due, began=began, go_on=go_on)
    made = with_plan(workload, planned)
    by_plan = simulate(made, capacity, began, PLANNED)
    better = pays(found, by_plan, least_gain)
    return made if better and _worth(found, by_plan, made, capacity) >= 0 else workload


def affordable(workload: Workload, capacity: Capacity, placements: int) -> int:
    """How many schedules so many placements are, or fewer where fewer find all there is to find: what is ready starts
    meanwhile, and a plan that comes late holds nothing back any more."""
    steps = len(workload.activities)
    return min(2 * placements // (steps * (1 + len(capacity.nodes or ("",)))), ENOUGH * steps**2)


def _worth(found: Simulated, by_plan: Simulated, made: Workload, capacity: Capacity) -> float:
    """Seconds by which Pipelines end sooner by the plan, summed up over the estimates and worlds where they are wrong.

    What is fitted most closely to the estimates loses most if they are wrong.
    """
    worth = sum(ends(found).values()) - sum(ends(by_plan).values())
    for takes in worlds(made, WORLDS if len(made.activities) <= MOST_TRIED else 0):

        def actual(one: Activity, takes: Mapping[Key, float] = takes) -> float:
            return takes[one.key]

        ruled, planned = (simulate(made, capacity, found.began, policy, actual) for policy in (CRITICAL_PATH, PLANNED))
        worth += sum(ends(ruled).values()) - sum(ends(planned).values())
    return worth


def foreseen(
    workload: Workload, capacity: Capacity, began: float, policy: Policy, go_on: Callable[[], bool] = lambda: True
) -> tuple[Workload, Simulated]:
    """The simulated run under a policy, after a planned pass where the operator would make one; and with its plan.

    `go_on`: asked again and again. Raises GivenUp if it says no.
    """
    if policy.turns and plannable(workload):
        workload = prepared(workload, capacity, began, go_on=go_on)
    return workload, simulate(workload, capacity, began, policy, go_on=go_on)


def pays(without: Simulated, by_plan: Simulated, least_gain: float) -> bool:
    """Whether some Pipeline ends so many seconds sooner by the plan, none later, and nothing is left out for it."""
    before, after = ends(without), ends(by_plan)
    if not without.runs.keys() <= by_plan.runs.keys():
        return False
    gains = [before[one] - after[one] for one in before]
    return bool(gains) and min(gains) >= -TOLERANCE and max(gains) >= least_gain


def ends(found: Simulated) -> Mapping[tuple[str, str], float]:
    """When each Pipeline ends (namespace, name), as far as its steps start at all."""
    last: dict[tuple[str, str], float] = {}
    for key, run in found.runs.items():
        last[key[:2]] = max(last.get(key[:2], run.end), run.end)
    return last


Begun = tuple[Observed, Sequence[tuple[Node, Verdict]]]
"""How a Pipeline stands: a snapshot, and the verdicts of a plan made from it."""


def worth_planning(begun: Iterable[Begun], learned: Learned, now: float) -> Workload | None:
    """What is left of Pipelines that run side by side, from `now` on, if a plan can be made for it."""
    mine = [one for one in begun if one[0].graph is not None and _ours(one[0].graph)]
    if sum(not verdict.ended for _, verdicts in mine for _, verdict in verdicts) > MOST_STEPS:
        return None  # found out before anything is built
    loads = []
    for observed, verdicts in mine:
        loads.append(remaining(observed, verdicts, now, learned))
        if not _foreseen(loads[-1]):
            return None  # one is enough: what is left of the others is not looked at
    load = merged(loads)
    return load if plannable(load) else None


def plannable(load: Workload) -> bool:
    """Whether a plan can be made.

    It cannot where a duration, a list or the time of an approval is not known, where priorities differ (they go before
    any plan), or where there is too much or too little to do.
    """
    priorities = {one.priority for one in load.activities}
    total = sum(one.duration for one in load.activities)
    enough = len(load.activities) <= MOST_STEPS and total >= WORTHWHILE
    return enough and len(priorities) == 1 and _foreseen(load)


def _foreseen(load: Workload) -> bool:
    """Whether it is known how long everything takes, and how often."""
    return not load.guessed and all(one.shape is not None or one.duration for one in load.activities)


def _ours(graph: Graph) -> bool:
    """Whether the operator admits the steps itself, and now."""
    return not (graph.settings.suspend or graph.settings.queue_name)
