"""A compiled Pipeline as boxes and arrows, for the drawings."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from penstock.api.wiring import Outcome
from penstock.core.graph.graph import FromOutput, Graph, Group, Level, Source, StatusOf, Task, lists_of, sources


@dataclass(frozen=True, slots=True)
class Box:
    """One task. `segments` are the composites around it and its own name; `phase` is empty for a manifest."""

    id: str
    segments: tuple[str, ...]
    times: str = ""
    approval: bool = False
    final: bool = False
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A dependency: data that flows, or mere order. The label names outputs, or the outcome that is waited for."""

    source: str
    target: str
    kind: Literal["data", "order"]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes in dependency order, arrows, and how often each composite runs (by its path)."""

    name: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    times: Mapping[tuple[str, ...], str]


def picture(name: str, graph: Graph, phases: Mapping[str, str] | None = None) -> Picture:
    """The picture of a graph; `phases` by task, of a Pipeline that runs."""
    boxes = tuple(_box(task, phases or {}) for task in graph.tasks.values())
    times = {
        task.segments[: level.segment + 1]: _times(level)
        for task in graph.tasks.values()
        for level in task.levels
        if level.segment < len(task.segments) - 1
    }
    labels: dict[tuple[str, str], set[str]] = {}
    order: dict[tuple[str, str], set[str]] = {}
    for task in graph.tasks.values():
        for source, label in _data(task):
            labels.setdefault((source, task.id), set()).add(label)
        for source, label in _order(task):
            order.setdefault((source, task.id), set()).add(label)
    plain = _needed(graph, labels, order)
    arrows = [Arrow(*ends, "data", ", ".join(sorted(found))) for ends, found in labels.items()]
    arrows += [Arrow(*ends, "order", ", ".join(sorted(filter(None, order[ends])))) for ends in plain]
    rank = {task: at for at, task in enumerate(graph.tasks)}
    arrows.sort(key=lambda arrow: (rank[arrow.target], rank[arrow.source]))
    return Picture(name, boxes, tuple(arrows), times)


def _box(task: Task, phases: Mapping[str, str]) -> Box:
    own = [level for level in task.levels if level.segment == len(task.segments) - 1]
    times = _times(own[0]) if own else ""
    approval = task.work.approval is not None
    return Box(task.id, task.segments, times, approval, task.final, phases.get(task.id, ""))


def _times(level: Level) -> str:
    counts = [None if variable.values is None else len(variable.values) for variable in level.variables]
    known = [count for count in counts if count is not None]
    return f"×{math.prod(known)}" if len(known) == len(counts) else "×?"


def _data(task: Task) -> Iterator[tuple[str, str]]:
    """Outputs that the task itself reads, by what produces them."""
    own = [level for level in task.levels if level.segment == len(task.segments) - 1]
    lists = [variable.source for level in own for variable in level.variables if variable.source]
    read: tuple[Source, ...] = (*task.inputs, *task.guards, *lists)
    for one in (one for source in read for one in sources(source)):
        if isinstance(one, FromOutput):
            yield one.task, one.output


def _order(task: Task) -> Iterator[tuple[str, str]]:
    """Tasks that must have ended, also for the composites around it, with the outcome where it is not success."""
    edges: list[tuple[Group, Outcome | None]] = [(group, None) for group in task.needs]
    edges += [(edge.group, edge.outcome if edge.outcome is not Outcome.SUCCEEDED else None) for edge in task.after]
    for group, outcome in edges:
        for name in group.tasks:
            yield name, outcome.value if outcome else ""
    read: tuple[Source, ...] = (*task.gates, *lists_of(task))
    for one in (one for source in read for one in sources(source)):
        for name in one.group.tasks if isinstance(one, StatusOf) else (one.task,):
            yield name, ""


def _needed(
    graph: Graph, data: Mapping[tuple[str, str], set[str]], order: Mapping[tuple[str, str], set[str]]
) -> list[tuple[str, str]]:
    """Arrows of order that no longer way implies: a transitive reduction, with a set of ancestors per task as bits."""
    bit = {name: 1 << at for at, name in enumerate(graph.tasks)}
    direct: dict[str, set[str]] = {name: set() for name in graph.tasks}
    for source, target in (*data, *order):
        direct[target].add(source)
    ancestors: dict[str, int] = {}
    for name in graph.tasks:  # in dependency order
        ancestors[name] = 0
        for source in direct[name]:
            ancestors[name] |= ancestors[source] | bit[source]
    return [
        (source, target)
        for (source, target), outcomes in order.items()
        if (source, target) not in data
        and (any(outcomes) or not any(ancestors[other] & bit[source] for other in direct[target]))
    ]
