"""What an action on a Pipeline would do: what is said before somebody confirms it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.pipeline import OnFailure
from penstock.api.step import StepPhase
from penstock.core.asked.diff import diff
from penstock.core.graph.graph import Graph, Task
from penstock.core.names import task_of
from penstock.core.pipeline.lifecycle import Rerun, rerun_tasks
from penstock.core.seen.views import Object, StepView
from penstock.core.step.status import ended

RUNS = ("Running", "Retrying")


@dataclass(frozen=True, slots=True)
class Part:
    """So many steps of one task, and why something happens to them where that is not plain."""

    task: str
    steps: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen. `runs`: what starts, or may start now; `ends`: what is ended; `goes_on`: what runs to its end;
    `keeps`: so many steps keep their results; `waits`: so many do not start; `undoes`: effects are taken back after a
    failure; `message`: what an approval asks."""

    runs: Sequence[Part] = ()
    ends: Sequence[Part] = ()
    goes_on: Sequence[Part] = ()
    keeps: int = 0
    waits: int = 0
    undoes: bool = False
    message: str = ""


def rerun(
    graph: Graph, pipeline: Object, steps: Sequence[Object], now: float, step: str | None, only: bool
) -> Foreseen:
    """What a rerun would run: of all steps, of one with what depends on it, or `only` of that one."""
    changes = diff(graph, pipeline, steps, now, Rerun("", step, only))
    runs: dict[str, list[str]] = {}
    for one in changes:
        if one.action == "run":
            runs.setdefault(_task(graph, one.path), []).append(one.why)
    parts = [Part(task, len(whys), whys[0]) for task, whys in runs.items()]
    return Foreseen(runs=parts, keeps=sum(one.action == "reuse" for one in changes))


def cancel(graph: Graph, steps: Iterable[StepView]) -> Foreseen:
    """What a cancel ends, and what of `finally` runs after it."""
    found = list(steps)
    last = [task for task in graph.tasks.values() if task.final]
    return Foreseen(
        runs=[Part(task.id, _many(found, task)) for task in last],
        ends=_parts(graph, (one for one in found if one.status.get("phase") in RUNS and not _final(graph, one))),
        waits=sum(_waits(one) for one in found if not _final(graph, one)),
    )


def suspend(graph: Graph, steps: Iterable[StepView]) -> Foreseen:
    """What goes on while a Pipeline is held, and how much waits."""
    found = list(steps)
    going = (one for one in found if one.status.get("phase") in RUNS)
    return Foreseen(goes_on=_parts(graph, going), waits=sum(map(_waits, found)))


def resume(graph: Graph, steps: Iterable[StepView]) -> Foreseen:
    """What may start again."""
    cancelled = StepPhase.CANCELLED
    return Foreseen(runs=_parts(graph, (one for one in steps if _waits(one) or one.status.get("phase") == cancelled)))


def decision(graph: Graph, path: str) -> Foreseen:
    """What depends on a decision about an approval, and what that asks."""
    task = _task(graph, path)
    found = graph.tasks.get(task)
    following = rerun_tasks(graph, Rerun("", task)) - {task}
    return Foreseen(
        runs=[Part(one.id, 0) for one in graph.tasks.values() if one.id in following],
        undoes=graph.settings.on_failure is OnFailure.UNDO,
        message=found.work.approval.message if found and found.work.approval else "",
    )


def _task(graph: Graph, path: str) -> str:
    return path if path in graph.tasks else task_of(path)


def _waits(step: StepView) -> bool:
    return not ended(step.status) and step.status.get("phase") not in RUNS


def _final(graph: Graph, step: StepView) -> bool:
    return step.task in graph.tasks and graph.tasks[step.task].final


def _parts(graph: Graph, steps: Iterable[StepView]) -> list[Part]:
    counts: Mapping[str, int] = Counter(one.task for one in steps)
    known = [task for task in graph.tasks if task in counts]
    return [Part(task, counts[task]) for task in [*known, *sorted(counts.keys() - graph.tasks.keys())]]


def _many(steps: Iterable[StepView], task: Task) -> int:
    return sum(one.task == task.id for one in steps) or 1
