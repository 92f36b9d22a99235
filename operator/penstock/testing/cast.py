"""Which fake stands for which step."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from penstock.core.graph.graph import Graph, Task
from penstock.core.names import task_of
from penstock.core.seen.views import RUN
from penstock.testing.fakes import Fake, Replacement, fake


class Cast:
    """The fakes of a Pipeline. `undo`: those of undos.

    Keys are steps (`train`, within a Component `select.score`), instances of a fan-out (`score.3`), or patterns such as
    `train-*`. An instance goes before its step, and both before patterns, of which the longest that fits counts. Raises
    ValueError for a key that fits no step.
    """

    def __init__(self, graph: Graph, replace: Mapping[str, Replacement], undo: Mapping[str, Replacement]) -> None:
        self.graph = graph
        self._steps = {key: fake(given) for key, given in replace.items()}
        self._undos = {key: fake(given) for key, given in undo.items()}
        runs = [name for name, task in graph.tasks.items() if task.work.approval is None]
        undone = [name for name, task in graph.tasks.items() if task.work.undo is not None]
        _check(replace, runs, "replace", "no step that runs is called so")
        _check(undo, undone, "undo", "no step that has an undo is called so")

    def of(self, task: str, path: str, purpose: str) -> Fake | None:
        """The fake for an instance of a task; None if it is to run itself."""
        known = self._steps if purpose == RUN else self._undos
        found = known.get(path) or known.get(task)
        fit = [key for key in known if fnmatchcase(task, key)]
        return found or (known[max(fit, key=len)] if fit else None)

    def task(self, path: str, label: str) -> Task:
        """The task of a Step, by its path and its label."""
        return self.graph.tasks[task_of(path, label)]

    def itself(self) -> Iterator[str]:
        """The tasks of which no fake stands for all instances."""
        return (name for name in self.graph.tasks if self.of(name, name, RUN) is None)


def _check(given: Mapping[str, Replacement], known: list[str], where: str, words: str) -> None:
    for key in given:
        task = task_of(key) if key not in known else key
        if not any(name == task or fnmatchcase(name, key) for name in known):
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(known) or 'none'}"
            raise ValueError(f"{where}: {key!r}: {words}; {hint}")
