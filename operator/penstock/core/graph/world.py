"""The state of a graph while one plan is made: which instances there are, how each stands, what each gives."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from penstock.api.base import Json
from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.api.wiring import ValueType
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.graph.graph import (
    MAX_STEPS,
    FromOutput,
    Graph,
    Group,
    Level,
    Task,
    group_of,
    sources,
)
from penstock.core.graph.missing import Missing, first_missing
from penstock.core.graph.readers import levels_around, readers_of
from penstock.core.graph.resolve import Place, resolve
from penstock.core.reasons import Reason
from penstock.core.values import digest, mismatch

ENDED = frozenset({StepPhase.SUCCEEDED, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.CANCELLED})
NAMED = 4
"""Steps that a wait names; of more, one more is kept to tell that there are."""
_BADNESS = (StepPhase.SUCCEEDED, StepPhase.SKIPPED, StepPhase.CANCELLED, StepPhase.FAILED)

Index = tuple[int, ...]
Each = tuple[dict[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One instance of a task. A *stub* stands for instances that are not known yet or never will be."""

    task: Task
    index: Index
    each: Each
    path: str
    fingerprint: str = ""
    stub: bool = False


class Ran(NamedTuple):
    """What is on record of the run that a Step ended with, if one began; instants as the API writes them."""

    exit_code: int | None = None
    start: str = ""
    end: str = ""


NO_RUN = Ran()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an instance stands, decided from the snapshot; the word for it is a phase and a reason."""

    phase: StepPhase
    reason: Reason | None = None
    message: str = ""
    run: int = 0
    outputs: dict[str, Json] | None = None
    artifacts: dict[str, str] | None = None
    ended_at: float = 0.0
    tolerated: bool = False
    started: bool = False
    ran: Ran = NO_RUN

    @property
    def ended(self) -> bool:
        return self.phase in ENDED

    @property
    def fails(self) -> bool:
        """Whether the Pipeline fails by it."""
        return self.phase is StepPhase.FAILED and not self.tolerated

    @property
    def given(self) -> tuple[object, ...] | None:
        """What others may depend on; nothing before it has ended."""
        if not self.ended:
            return None
        return self.phase, self.run, self.ended_at, self.tolerated, self.outputs, self.artifacts, self.why, self.ran

    @property
    def why(self) -> str:
        """Why it failed or was cancelled. Why it was skipped depends on what was seen first, until all has ended."""
        return self.reason.value if self.reason and self.phase in (StepPhase.FAILED, StepPhase.CANCELLED) else ""


@dataclass(frozen=True, slots=True)
class GroupState:
    """How all instances of a step stand together. `token` tells the runs that are selected."""

    ended: bool
    phase: StepPhase
    tolerated: bool
    token: str
    ended_at: float
    waiting_for: tuple[str, ...]
    why: str = ""
    ran: Ran = NO_RUN
    """Of the instance that stands worst: its exit code; of all together: the first start, the last end."""


class World:
    """Verdicts so far, and what follows from them. Filled in dependency order; then single verdicts may change."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.verdicts: dict[tuple[str, Index], Verdict] = {}
        self.nodes: dict[str, tuple[Node, ...]] = {}
        self._groups: dict[tuple[Group, Index], GroupState] = {}
        self._open: dict[tuple[Group, Index], int] = {}
        """How many of each group that was asked about have not ended."""
        self._inside: dict[tuple[str, int], dict[Index, list[Node]]] = {}
        self._ended_as: PipelinePhase | None = None
        self.derived: dict[tuple[str, Index], Json | Missing] = {}
        """What graphs made of outputs whose steps have all ended, by the path of the output."""
        self._expanded = 0
        self._weights = Counter(level.id for task in graph.tasks.values() for level in task.levels)
        self._combinations: dict[tuple[str, Index], list[dict[str, Json]] | Missing | None] = {}

    def add(self, node: Node, verdict: Verdict) -> None:
        """Notes the verdict on an instance."""
        self.verdicts[node.task.id, node.index] = verdict
        if not node.task.final:
            self._ended_as = None

    def change(self, node: Node, verdict: Verdict) -> Iterator[tuple[Task, Index]]:
        """Notes another verdict on an instance. Tells who sees a difference by it: the instances of these tasks inside
        the instances at these indices. Nobody does who waits for more than that one; only the words of what it waits
        for stay as they were.
        """
        before = self.verdicts[node.task.id, node.index]
        self.add(node, verdict)
        if before.given == verdict.given:
            return
        self.derived.clear()
        readers = readers_of(self.graph)
        for group in readers.groups.get(node.task.id, ()):
            key = (group, node.index[: group.shared])
            if key in self._groups:
                was, now = self._open[key], self._open[key] + before.ended - verdict.ended
                self._open[key] = now
                if not (was and now):
                    del self._groups[key]
                    for task in readers.tasks[group]:
                        yield task, key[1]

    def instances(self, task: Task) -> tuple[Node, ...]:
        """The instances of a task, in index order, with a stub where a list is not known."""
        if task.id not in self.nodes:
            self.nodes[task.id] = self._instances(task)
        return self.nodes[task.id]

    def _instances(self, task: Task) -> tuple[Node, ...]:
        key = ("nodes", task.id)
        shape = list(self._shape(task, ()))
        known: Any = self.graph.memo.get(key)
        if known is None or known[0] != shape:
            known = self.graph.memo[key] = (shape, tuple(self._walk(task, (), ())))
        nodes: tuple[Node, ...] = known[1]
        return nodes

    def _shape(self, task: Task, index: Index) -> Iterator[list[dict[str, Json]] | Missing | None]:
        """The combinations of all levels of a task, in the order of the walk over them."""
        if len(index) < len(task.levels):
            found = self.combinations(task.levels[len(index)], index)
            yield found
            if isinstance(found, list) and len(index) + 1 < len(task.levels):
                for number in range(len(found)):
                    yield from self._shape(task, (*index, number))

    def _walk(self, task: Task, index: Index, each: Each) -> Iterator[Node]:
        if len(index) == len(task.levels):
            yield Node(task, index, each, task.path(index), fingerprint(self.graph, task, each))
            return
        found = self.combinations(task.levels[len(index)], index)
        if not isinstance(found, list):
            yield Node(task, index, each, task.path(index), stub=True)
            return
        for number, values in enumerate(found):
            yield from self._walk(task, (*index, number), (*each, values))

    def combinations(self, level: Level, index: Index) -> list[dict[str, Json]] | Missing | None:
        """The combinations of a level's variables inside the instance at `index` of what is around it.

        None as long as a list is not known; Missing if it never will be, or is no list.
        """
        key = (level.id, index)
        if key not in self._combinations:
            self._combinations[key] = self._combine(level, index)
        return self._combinations[key]

    def _combine(self, level: Level, index: Index) -> list[dict[str, Json]] | Missing | None:
        lists: list[Any] = []
        count = 1
        for variable in level.variables:
            values: Any = variable.values
            if variable.source:
                if not all(self.apart(group_of(one), index).ended for one in sources(variable.source)):
                    return None
                values = resolve(self, Place(index, self._around(level, index)), variable.source)
                missing = first_missing(values)
                if missing:
                    return None if missing.reason is Reason.WAITING_FOR_DEPENDENCIES else missing
                wrong = mismatch(ValueType.LIST, values)
                if wrong:
                    return Missing(Reason.INVALID_LIST, f"{variable.path}: {wrong}")
            count *= len(values)
            if self._expanded + count * self._weights[level.id] > MAX_STEPS:
                return Missing(
                    Reason.INVALID_LIST,
                    f"{variable.path}: with {count:,} instances the Pipeline has more than {MAX_STEPS:,} Steps",
                )
            lists.append(values)
        self._expanded += count * self._weights[level.id]
        return self._rows(level, index, lists)

    def _around(self, level: Level, index: Index) -> Each:
        """The values of the variables of all levels around a level, for the instance at `index` of the innermost."""
        found: list[dict[str, Json]] = []
        for number, outer in enumerate(levels_around(self.graph).get(level.id, ())):
            rows = self.combinations(outer, index[:number])
            assert isinstance(rows, list)  # it has an instance
            found.append(rows[index[number]])
        return tuple(found)

    def _rows(self, level: Level, index: Index, lists: list[Any]) -> list[dict[str, Json]]:
        """The cartesian product of the variables' values; the same object as before if the values are the same."""
        key = ("rows", level.id, index)
        known: Any = self.graph.memo.get(key)
        if known is None or known[0] != lists:
            rows: list[dict[str, Json]] = [{}]
            for variable, values in zip(level.variables, lists, strict=True):
                rows = [{**row, variable.name: value} for row in rows for value in values]
            known = self.graph.memo[key] = (lists, rows)
        found: list[dict[str, Json]] = known[1]
        return found

    def output(self, source: FromOutput, index: Index) -> Json | Missing:
        """The value of an output as the instance at `index` of a consumer sees it; lists may hold Missing items."""
        task = self.graph.tasks[source.task]
        return self._gather(task, source.output, index[: source.shared])

    def _gather(self, task: Task, output: str, index: Index) -> Json | Missing:
        verdict = self.verdicts.get((task.id, index))
        if verdict is not None:
            return _given(verdict, task.path(index), output)
        found = self.combinations(task.levels[len(index)], index)
        if not isinstance(found, list):
            return found or Missing(Reason.WAITING_FOR_DEPENDENCIES, f"{task.path(index)} is not known yet")
        return [self._gather(task, output, (*index, number)) for number in range(len(found))]

    def state(self, group: Group, index: Index) -> GroupState:
        """How a group stands as the instance at `index` of a consumer sees it."""
        key = (group, index[: group.shared])
        if key not in self._groups:
            self._groups[key], self._open[key] = self._state(group, key[1])
        return self._groups[key]

    def apart(self, group: Group, index: Index) -> GroupState:
        """The same for who is no instance of a task. Nothing is kept of it, for nobody is told when it changes."""
        return self._state(group, index[: group.shared])[0]

    def _state(self, group: Group, prefix: Index) -> tuple[GroupState, int]:
        """How a group stands, and how many of it have not ended."""
        worst, tolerated, ended_at = StepPhase.SUCCEEDED, True, 0.0
        found: list[Verdict] = []
        waiting: list[str] = []
        tokens: list[str] = []
        for name in group.tasks:
            task = self.graph.tasks[name]
            made = any(variable.source for level in task.levels[group.shared :] for variable in level.variables)
            for node in self.inside(task, prefix):
                verdict = self.verdicts.get((name, node.index))
                if verdict is None or not verdict.ended:
                    waiting.append(node.path)
                    continue
                if _BADNESS.index(verdict.phase) > _BADNESS.index(worst):
                    worst = verdict.phase
                    found.insert(0, verdict)
                else:
                    found.append(verdict)
                tolerated = tolerated and (verdict.phase is StepPhase.SUCCEEDED or verdict.tolerated)
                ended_at = max(ended_at, verdict.ended_at)
                ok = verdict.phase is StepPhase.SUCCEEDED
                what = f":{node.fingerprint}" if made else ""  # no reader's fingerprint tells the items of such a list
                tokens.append(f"{node.path}:{verdict.run if ok else verdict.phase.value + str(verdict.run)}{what}")
        token = "" if waiting else tokens[0] if len(tokens) == 1 else digest(tokens)
        why = found[0].why if found else ""
        state = GroupState(
            not waiting, worst, tolerated, token, ended_at, tuple(waiting[: NAMED + 1]), why, _together(found)
        )
        return state, len(waiting)

    def how_it_ended(self) -> PipelinePhase | None:
        """How the Pipeline ended by its `steps`; None until all of them have."""
        if self._ended_as is None:
            tasks = self.graph.tasks
            verdicts = [verdict for (task, _), verdict in self.verdicts.items() if not tasks[task].final]
            if not all(verdict.ended for verdict in verdicts):
                return None
            self._ended_as = ended_as(lambda test: any(map(test, verdicts)))[0]
        return self._ended_as

    def inside(self, task: Task, prefix: Index) -> Sequence[Node]:
        """The instances of a task inside the instance at `prefix` of what is around it."""
        if not prefix:
            return self.instances(task)
        key = (task.id, len(prefix))
        if key not in self._inside:
            inside = self._inside[key] = defaultdict(list)
            for node in self.instances(task):
                inside[node.index[: len(prefix)]].append(node)
        return self._inside[key].get(prefix, ())


class Stands(Protocol):
    """How one Step stands, or several do."""

    @property
    def phase(self) -> StepPhase: ...
    @property
    def reason(self) -> Reason | None: ...
    @property
    def fails(self) -> bool: ...


def ended_as(some: Callable[[Callable[[Stands], bool]], bool]) -> tuple[PipelinePhase, Reason]:
    """How a Pipeline ended whose Steps all have. `some`: whether there is one of which something holds."""
    if some(lambda one: one.phase is StepPhase.CANCELLED and one.reason is Reason.TIMED_OUT):
        return PipelinePhase.FAILED, Reason.TIMED_OUT
    if some(lambda one: one.phase is StepPhase.CANCELLED):
        return PipelinePhase.CANCELLED, Reason.CANCELLED
    if some(lambda one: one.fails):
        return PipelinePhase.FAILED, Reason.FAILED
    return PipelinePhase.SUCCEEDED, Reason.COMPLETED


def _together(found: Sequence[Verdict]) -> Ran:
    """The runs of the instances of a step; the first is the one that stands worst."""
    if len(found) < 2:
        return found[0].ran if found else NO_RUN
    starts, ends = [one.ran.start for one in found if one.ran.start], [one.ran.end for one in found if one.ran.end]
    return Ran(found[0].ran.exit_code, min(starts, default=""), max(ends, default=""))


def _given(verdict: Verdict, path: str, output: str) -> Json | Missing:
    if verdict.phase is StepPhase.SUCCEEDED:
        for values in (verdict.outputs, verdict.artifacts):
            if values and output in values:
                return values[output]
        return Missing(Reason.DEPENDENCY_SKIPPED, f"step {path!r} succeeded without output {output!r}")
    if verdict.phase is StepPhase.FAILED:
        return Missing(Reason.DEPENDENCY_FAILED, f"step {path!r} failed")
    return Missing(Reason.DEPENDENCY_SKIPPED, f"step {path!r} was {verdict.phase.value.lower()}")
