"""The steps of a Pipeline as rows: one for each Step, and one for each task that has none yet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.core.clock import instant
from penstock.core.graph.graph import Graph
from penstock.core.names import index_of
from penstock.core.seen.views import StepView


class State(NamedTuple):
    """What changes of a row. Instants are seconds since 1970; `start` is that of the first attempt of the run.

    `undo`: the phase of the undo of this run, empty if there is none.
    """

    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    start: float | None = None
    end: float | None = None
    attempt: int = 0
    node: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One step. `path` with indices, `task` without; they are equal where nothing is fanned out, and of a task that has
    no Step yet. `made`: there is a Step. `orphan`: that was made for a Pipeline and is nobody's any more."""

    path: str
    task: str
    state: State
    made: bool = True
    orphan: bool = False


def rows(graph: Graph | None, steps: Iterable[StepView]) -> list[Row]:
    """All rows: in the order of the graph, instances by their index; then what the graph does not have, by path."""
    by_task: dict[str, list[StepView]] = {}
    for step in steps:
        by_task.setdefault(step.task, []).append(step)
    found: list[Row] = []
    for task in graph.tasks if graph else ():
        made = by_task.pop(task, ())
        found += _sorted(made) if made else (Row(task, task, State(), made=False),)
    for task in sorted(by_task):
        found += _sorted(by_task[task])
    return found


def _sorted(steps: Iterable[StepView]) -> Iterator[Row]:
    ordered = sorted(steps, key=lambda step: (index_of(step.path, step.task), step.path))
    return (Row(step.path, step.task, state(step.status), orphan=step.owner is None) for step in ordered)


def state(status: Mapping[str, Any]) -> State:
    """What a Step's status says; one that was edited into nonsense says as little as it can."""
    last = next((one for one in reversed(_list(status.get("attempts"))) if isinstance(one, Mapping)), {})
    undo = status.get("undo")
    undone = isinstance(undo, Mapping) and undo.get("run") == status.get("run")
    number = last.get("number")
    return State(
        phase=_text(status.get("phase")) or "Pending",
        reason=_text(status.get("reason")),
        message=_text(status.get("message")),
        start=moment(status.get("startTime")),
        end=moment(status.get("completionTime")),
        attempt=number if isinstance(number, int) else 0,
        node=_text(last.get("node")),
        undo=_text(undo.get("phase")) if isinstance(undo, Mapping) and undone else "",
    )


def moment(value: object) -> float | None:
    """The instant that a status gives; None if it gives none that can be read."""
    try:
        return instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
