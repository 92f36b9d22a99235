"""Upward ranks: the longest remaining path from a step to the end of its Pipeline, itself included.

From HEFT (Topcuoglu, Hariri, Wu 2002), without communication costs. Composite components are flattened already; a
fan-out counts as many times in the path as `maxParallel` makes its instances wait for one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, prod

from penstock.core.graph.graph import Graph, Level, Task, groups_of
from penstock.core.graph.learned import Learned, families

DEFAULT_DURATION = 600.0
"""Seconds assumed for a step of which nothing is declared or known."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Estimated duration of one instance of each task, and its upward rank. Seconds, by id of the task."""

    durations: Mapping[str, float]
    upward: Mapping[str, float]
    assumed: tuple[str, ...] = ()
    """Tasks of which no duration is known, so that the default stands for it."""
    following: Mapping[str, str] = field(default_factory=dict)
    """The task that follows each on its longest path to the end; none for the last."""

    @property
    def critical_path(self) -> list[str]:
        """The tasks of the longest path of all, from its first to its last."""
        path = [max(self.upward, key=lambda task: self.upward[task])] if self.upward else []
        while path and path[-1] in self.following:
            path.append(self.following[path[-1]])
        return path


@dataclass(frozen=True, slots=True)
class _Known:
    """Ranks, and what they were made from: what had been learned by some version, of each family in the graph."""

    learned: Learned | None
    version: int
    seconds: tuple[float | None, ...]
    ranks: Ranks


def ranks(graph: Graph, learned: Learned | None = None) -> Ranks:
    """The ranks of a graph: the same object, kept with it, as long as nothing else is learned of its families."""
    known = graph.memo.get("ranks")
    version = learned.version if learned else 0
    if isinstance(known, _Known) and known.learned is learned and known.version == version:
        return known.ranks
    named = families(graph)
    seconds = tuple(learned.seconds(name) if learned else None for name in dict.fromkeys(named.values()))
    if isinstance(known, _Known) and known.seconds == seconds:
        found = known.ranks
    else:
        durations = {name: duration(task, named[name], learned) for name, task in graph.tasks.items()}
        upward, following = _upward(graph, durations)
        found = Ranks(durations, upward, _assumed(graph, learned), following)
    graph.memo["ranks"] = _Known(learned, version, seconds, found)
    return found


def _assumed(graph: Graph, learned: Learned | None) -> tuple[str, ...]:
    return tuple(
        name
        for name, task in graph.tasks.items()
        if task.work.duration is None
        and not task.work.approval
        and (learned is None or learned.seconds(families(graph)[name]) is None)
    )


def duration(task: Task, name: str, learned: Learned | None) -> float:
    """What one instance is expected to take: as learned for its family, else as declared, else the default."""
    if task.work.approval:
        return 0.0
    known = learned.seconds(name) if learned else None
    if known is not None:
        return known
    return DEFAULT_DURATION if task.work.duration is None else task.work.duration


def _upward(graph: Graph, durations: Mapping[str, float]) -> tuple[dict[str, float], dict[str, str]]:
    after: dict[str, tuple[float, str]] = {}
    found: dict[str, float] = {}
    following: dict[str, str] = {}
    finals = (0.0, "")
    for name, task in reversed(list(graph.tasks.items())):  # those of `finally` come first here, and follow all others
        longest, following[name] = max(after.get(name, (0.0, "")), (0.0, "") if task.final else finals)
        found[name] = durations[name] + longest
        through = (durations[name] * prod(map(rounds, task.levels)) + longest, name)
        for group in groups_of(task):
            for producer in group.tasks:
                after[producer] = max(after.get(producer, through), through)
        if task.final:
            finals = max(finals, through)
    return found, {name: then for name, then in following.items() if then}


def rounds(level: Level) -> int:
    """How many times instances of a fan-out wait for one another; once for a list that is not known yet."""
    if level.max_parallel is None or any(variable.values is None for variable in level.variables):
        return 1
    return max(1, ceil(prod(len(variable.values or ()) for variable in level.variables) / level.max_parallel))


def rank(graph: Graph, task: Task, learned: Learned | None = None) -> float:
    """The upward rank of the instances of a task."""
    return ranks(graph, learned).upward[task.id]
