"""The revisions of a Pipeline: how each went, and what made one different from another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from types import MappingProxyType
from typing import Any, Literal

import yaml

from penstock.core.asked.change import Action
from penstock.core.asked.diff import changed_fields, diff
from penstock.core.asked.past import lines
from penstock.core.asked.view.rows import moment
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.graph.graph import Graph, Task, groups_of
from penstock.core.graph.world import Node
from penstock.core.seen.owners import by_owner
from penstock.core.seen.reading import step_view
from penstock.core.seen.views import Object
from penstock.core.step.manifests import step_spec

MOST_LINES = 20_000
"""Of a manifest; one that has more is not compared line by line."""
MOST_TOLD = 2_000
"""Lines of a comparison."""


@dataclass(frozen=True, slots=True)
class Past:
    """One revision. `began`: seconds since 1970; `ran`, `reused`: steps, None while it is the present one; `kept`: its
    spec is still there."""

    number: int
    phase: str
    began: float | None
    ran: int | None
    reused: int | None
    kept: bool
    present: bool
    description: str


def revisions(status: Mapping[str, Any], kept: Mapping[int, Object]) -> list[Past]:
    """The revisions, newest first. `kept`: specs by revision."""
    return [
        Past(
            number=one["revision"],
            phase=str(one.get("phase") or ""),
            began=moment(one.get("time")),
            ran=one.get("ran"),
            reused=one.get("reused"),
            kept=one["revision"] in kept,
            present=not number,
            description=str((kept.get(one["revision"]) or {}).get("description") or ""),
        )
        for number, one in enumerate(lines(status))
    ]


How = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One task in two revisions. `old`, `new`: its fingerprints, empty where it is not; `fields`: what of it differs;
    `upstream`: if nothing of its own does, the tasks that it depends on and that do; `took`: seconds that the results
    took which are held for it in either, all instances together, None where there are none."""

    task: str
    how: How
    old: str
    new: str
    fields: Sequence[str] = ()
    upstream: Sequence[str] = ()
    took: tuple[int | None, int | None] = (None, None)


def held_seconds(graph: Graph, pipeline: Object, steps: Sequence[Object], now: float) -> dict[str, int]:
    """By task, how long the runs took, all instances together, whose results are held for this graph: those that it
    would reuse if it were applied. `pipeline`, `steps`: the objects that exist."""
    known, _ = by_owner(map(step_view, steps), pipeline["metadata"]["uid"])
    found: dict[str, int] = {}
    for change in diff(graph, pipeline, steps, now):
        if change.action is Action.REUSE:
            view = known[change.path]
            results = view.status.get("results") or ()
            took = next((one.get("seconds") for one in results if str(one.get("run")) == change.about[0]), None)
            if took is not None:
                found[view.task] = found.get(view.task, 0) + took
    return found


def compare(
    old: Graph, new: Graph, took: tuple[Mapping[str, int], Mapping[str, int]] = (MappingProxyType({}),) * 2
) -> list[Compared]:
    """All tasks: those of the new graph in its order, then those that are gone. `took`: what `held_seconds` says of
    each."""
    return [replace(one, took=(took[0].get(one.task), took[1].get(one.task))) for one in _compared(old, new)]


def _compared(old: Graph, new: Graph) -> list[Compared]:
    found: list[Compared] = []
    different: set[str] = set()
    for name, task in new.tasks.items():
        before, now = old.tasks.get(name), fingerprint(new, task)
        was = fingerprint(old, before) if before else ""
        if before is None:
            found.append(Compared(name, "added", "", now))
        elif was == now:
            found.append(Compared(name, "same", was, now))
        else:
            fields = tuple(_fields(old, before, new, task))
            upstream = () if fields else tuple(_upstream(task, different))
            found.append(Compared(name, "changed", was, now, fields, upstream))
        if was != now:
            different.add(name)
    gone = (task for name, task in old.tasks.items() if name not in new.tasks)
    return found + [Compared(task.id, "removed", fingerprint(old, task), "") for task in gone]


def _fields(old: Graph, before: Task, new: Graph, task: Task) -> Iterator[str]:
    specs = [step_spec(graph, Node(one, (), (), one.id)) for graph, one in ((old, before), (new, task))]
    yield from changed_fields(*specs)
    if [[(one.name, one.values) for one in level.variables] for level in before.levels] != [
        [(one.name, one.values) for one in level.variables] for level in task.levels
    ]:
        yield "forEach"


def _upstream(task: Task, different: Collection[str]) -> Iterator[str]:
    return (
        name for name in dict.fromkeys(name for group in groups_of(task) for name in group.tasks) if name in different
    )


def spec_lines(old: Object, new: Object) -> list[str]:
    """How two specs differ as YAML, as `diff -u` tells it, without names of files: each line with its sign.

    Empty if they are the same, or too long to be compared so.
    """
    before, after = (_yaml(one) for one in (old, new))
    if max(len(before), len(after)) > MOST_LINES:
        return []
    return list(unified_diff(before, after, lineterm=""))[2 : MOST_TOLD + 2]


def _yaml(spec: Object) -> list[str]:
    return yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=100).splitlines()
