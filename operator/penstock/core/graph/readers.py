"""Who depends on whom in a graph, and what lies around what."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.core.graph.graph import Graph, Group, Level, Task, group_of, groups_of, lists_of, sources


@dataclass(frozen=True, slots=True)
class Readers:
    """Who depends on whom: the groups that a task is in, by its id, and the tasks that look at each group."""

    groups: Mapping[str, Sequence[Group]]
    tasks: Mapping[Group, Sequence[Task]]
    lists: frozenset[str]
    """The tasks whose outputs are lists that others run over."""


def readers_of(graph: Graph) -> Readers:
    """Who depends on whom in a graph, kept with it."""
    known = graph.memo.get("readers")
    if known is None:
        known = graph.memo["readers"] = _readers(graph)
    assert isinstance(known, Readers)
    return known


def _readers(graph: Graph) -> Readers:
    tasks: dict[Group, list[Task]] = defaultdict(list)
    groups: dict[str, list[Group]] = defaultdict(list)
    for task in graph.tasks.values():
        for group in dict.fromkeys(groups_of(task)):
            tasks[group].append(task)
    for group in tasks:
        for name in group.tasks:
            groups[name].append(group)
    lists = (
        group for task in graph.tasks.values() for source in lists_of(task) for group in map(group_of, sources(source))
    )
    return Readers(groups, tasks, frozenset(name for group in lists for name in group.tasks))


def levels_around(graph: Graph) -> Mapping[str, tuple[Level, ...]]:
    """The levels around each level, by its id; kept with the graph."""
    known = graph.memo.get("around")
    if known is None:
        known = graph.memo["around"] = {
            level.id: task.levels[:number] for task in graph.tasks.values() for number, level in enumerate(task.levels)
        }
    assert isinstance(known, Mapping)
    return known
