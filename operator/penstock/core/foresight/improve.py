"""Looks for a better order than the dispatch rule finds, with the whole workload known beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Key
from penstock.core.foresight.activities import Workload
from penstock.core.foresight.orders import by_priority
from penstock.core.foresight.project import Project, project
from penstock.core.foresight.schemes import Nodes
from penstock.core.foresight.search import Genome, Group, Search

SCHEDULES = 1000


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule: when each activity starts, in seconds from the beginning, on which nodes, and how long all takes."""

    starts: Mapping[Key, float]
    nodes: Mapping[Key, tuple[str, ...]]
    makespan: float


def improve(
    workload: Workload,
    capacity: Capacity,
    schedules: int = SCHEDULES,
    seed: int = 0,
    known: Planned | None = None,
    due: Mapping[Group, float] | None = None,
    began: float = 0.0,
    go_on: Callable[[], bool] = lambda: True,
) -> Planned:
    """The best of so many schedules, around what pods hold on the nodes. What never fits is left out.

    `known`: a schedule that is there already, from which the search begins. `due`: when each Pipeline should have
    ended, in seconds from the beginning; a schedule in which one ends later is worse than any in which none does.
    `began`: the instant from which times count, in seconds. `go_on`: asked again and again, so that the caller may keep
    to a budget of time.

    Quotas, `parallelism` and `maxParallel` are not part of it: admission keeps them when the plan is carried out.
    """
    made = project(workload, capacity, began)
    if not len(made):
        return Planned({}, {}, 0.0)
    found = Search(made, due or {}, seed).run(schedules, [] if known is None else [_genome(made, known)], go_on)
    steps = [(number, key) for number, key in enumerate(made.keys) if key is not None]
    return Planned(
        {key: found.times.starts[number] for number, key in steps},
        {key: tuple(made.nodes[node] for node in found.times.nodes[number]) for number, key in steps},
        found.cost.makespan,
    )


def _genome(made: Project, known: Planned) -> Genome:
    """What makes the same schedule again. A barrier is over as soon as it can be, before anything else begins."""
    last = max(known.starts.values(), default=0.0) + 1
    earliness = [last if key is None else -known.starts.get(key, last) for key in made.keys]
    numbers = {name: number for number, name in enumerate(made.nodes)}
    nodes: list[Nodes] = []
    for key, demanded in zip(made.keys, made.demands, strict=True):
        there = known.nodes.get(key, ()) if key is not None and demanded else ()
        usable = demanded.usable if demanded else ()
        nodes.append(tuple(numbers[name] for name in there if name in numbers) or usable)
    return Genome(by_priority(made, earliness), nodes)


def with_plan(workload: Workload, planned: Planned) -> Workload:
    """The workload with the starts that the policy `planned` keeps to."""
    return replace(
        workload,
        activities=tuple(
            replace(one, planned=planned.starts[one.key], nodes=planned.nodes.get(one.key, ()))
            if one.key in planned.starts
            else one
            for one in workload.activities
        ),
    )
