"""What would make a flow faster or smaller: each suggestion with the time it would save. Pure, offline.

Times come from a critical-path computation without resource limits (Kelley and Walker, 1959): the earliest end of each
task is the latest earliest end of what it waits for, plus its duration.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import prod

from penstock.api import durations
from penstock.api.quantities import render
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.graph.graph import FromOutput, Graph, Group, Source, Task, groups_of, sources
from penstock.core.graph.requests import pod_requests

POD_START = 2.5
"""Seconds from a Job's creation to its container's start on a kubelet that has the image; see docs/performance.md."""

DEFAULT_DURATION = 60.0

Durations = Callable[[Task], float]
"""Seconds that one instance of a task takes: learned, declared or assumed."""


Use = Mapping[str, Mapping[str, int]]
"""The most that one pod of a task was seen to use, in milli-units by resource, by id of the task."""

FAR_ABOVE = 4
_WORTH_IT = {"cpu": 200, "memory": 128 * 1024**2 * 1000}
"""Requests below this are left alone, in milli-units."""


class Kind(StrEnum):
    """What a suggestion is about."""

    NEEDLESS_ORDER = "NeedlessOrder"
    DUPLICATE_STEP = "DuplicateStep"
    SHORT_INSTANCES = "ShortInstances"
    REQUEST_ABOVE_USE = "RequestAboveUse"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to improve a flow. `saves` is in seconds: of the whole flow's length, or of work for duplicates."""

    path: str
    kind: Kind
    message: str
    saves: float


def declared(task: Task) -> float:
    """The author's estimate of a task's duration, or a minute."""
    return task.work.duration if task.work.duration is not None else DEFAULT_DURATION


def suggest(graph: Graph, duration: Durations = declared, use: Use | None = None) -> list[Suggestion]:
    """All suggestions for a graph, the most saving ones first. `use`: what the pods of its tasks were seen to use."""
    found = [*_needless_order(graph, duration), *_duplicates(graph, duration), *_short_instances(graph, duration)]
    found += _large_requests(graph, use or {})
    return sorted(found, key=lambda one: (-one.saves, one.path, one.kind))


def length(tasks: Mapping[str, Task], duration: Durations) -> float:
    """Length of the critical path in seconds, each task with the start of its pod."""
    ends: dict[str, float] = {}
    for name, task in tasks.items():
        begin = max((ends.get(other, 0.0) for group in groups_of(task) for other in group.tasks), default=0.0)
        ends[name] = begin + POD_START + duration(task)
    return max(ends.values(), default=0.0)


def _needless_order(graph: Graph, duration: Durations) -> Iterator[Suggestion]:
    """`needs` between steps that pass no data: without it they could run side by side."""
    whole = length(graph.tasks, duration)
    for task in graph.tasks.values():
        for group in task.needs:
            if task.final or _reads(task, group) or any(graph.tasks[name].work.approval for name in group.tasks):
                continue
            without = replace(task, needs=tuple(other for other in task.needs if other != group))
            saves = whole - length({**graph.tasks, task.id: without}, duration)
            if saves > 0:
                yield Suggestion(
                    task.where,
                    Kind.NEEDLESS_ORDER,
                    f"step {task.id!r} needs {group.name!r} but reads nothing of it; if it does not rely on what"
                    f" {group.name!r} does elsewhere, remove it from `needs`: both run side by side and the flow is"
                    f" {durations.render(saves)} shorter",
                    saves,
                )


def _reads(task: Task, group: Group) -> bool:
    read: tuple[Source, ...] = (*task.inputs, *task.gates, *task.guards)
    found = (source for wired in read for source in sources(wired))
    return any(isinstance(source, FromOutput) and source.task in group.tasks for source in found)


def _duplicates(graph: Graph, duration: Durations) -> Iterator[Suggestion]:
    """Steps with equal fingerprints give equal results; one of them is enough."""
    equal: dict[str, list[Task]] = defaultdict(list)
    for task in graph.tasks.values():
        if task.work.outputs and not task.work.approval:
            equal[fingerprint(graph, task)].append(task)
    for first, *others in equal.values():
        for other in others:
            saves = (duration(other) + POD_START) * _instances(other)
            yield Suggestion(
                other.where,
                Kind.DUPLICATE_STEP,
                f"step {other.id!r} does the same as {first.id!r} with the same inputs; read {first.id!r} instead and"
                f" remove it: {durations.render(saves)} less work",
                saves,
            )


def _short_instances(graph: Graph, duration: Durations) -> Iterator[Suggestion]:
    """Fan-outs whose instances take less time than it takes to start their pods."""
    for task in graph.tasks.values():
        count = _instances(task)
        each = duration(task)
        if task.work.duration is None and each == DEFAULT_DURATION:
            continue
        if count > 1 and each < POD_START:
            batch = min(count, max(2, round(10 * POD_START / max(each, 0.1))))
            saves = POD_START * (count - -(-count // batch))
            yield Suggestion(
                task.where,
                Kind.SHORT_INSTANCES,
                f"each of the {count} instances of {task.id!r} runs {durations.render(each)}, less than the"
                f" {durations.render(POD_START)} it takes to start its pod; give each {batch} items to work on:"
                f" {durations.render(saves)} less waiting in all",
                saves,
            )


def _large_requests(graph: Graph, use: Use) -> Iterator[Suggestion]:
    """Requests of several times what the pods were seen to use: room that nobody else gets."""
    for task in graph.tasks.values():
        requests = pod_requests(task.work)
        for name, used in sorted(use.get(task.id, {}).items()):
            asked = requests.get(name, 0)
            if asked < FAR_ABOVE * used or asked < _WORTH_IT.get(name, 0):
                continue
            yield Suggestion(
                task.where,
                Kind.REQUEST_ABOVE_USE,
                f"step {task.id!r} requests {render(name, asked)} {name} and was seen to use {render(name, used)} at"
                f" most; half as much would leave {render(name, asked // 2)} {name} to others while it runs",
                0.0,
            )


def _instances(task: Task) -> int:
    return prod(len(v.values) if v.values is not None else 1 for level in task.levels for v in level.variables)
