"""The compiled Pipeline: tasks in dependency order, with every reference resolved to what produces it.

A *task* is a step after Components have been flattened; a *node* is one instance of a task, which differs from it
only under `forEach`. Each surrounding `forEach` is a *level*; a node's index has one number per level, outermost first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod

from penstock.api.base import Json
from penstock.api.containers import EnvFrom, EnvVar, Resources, Retry, Undo
from penstock.api.pipeline import OnFailure
from penstock.api.pods import PodOptions
from penstock.api.step import Approval, Cache, OnError
from penstock.api.storage import Storage
from penstock.api.wiring import Outcome, Output, PipelineOutput
from penstock.core.graph.expressions import Expression, Reference


@dataclass(frozen=True, slots=True)
class Literal:
    """A value known from the manifest."""

    value: Json


@dataclass(frozen=True, slots=True)
class FromOutput:
    """An output of another task; levels beyond the `shared` outermost ones make it a list."""

    task: str
    output: str
    shared: int


@dataclass(frozen=True, slots=True)
class FromEach:
    """A variable of the forEach at a level of this task, or a field of the object that it stands for."""

    level: int
    variable: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A step as others see it: all its tasks and instances below the `shared` outermost levels."""

    name: str
    tasks: tuple[str, ...]
    shared: int


@dataclass(frozen=True, slots=True)
class StatusOf:
    """The status of a step, the worst of its tasks and instances, or another fact of it."""

    group: Group
    fact: str = "status"


@dataclass(frozen=True, slots=True)
class HowItEnded:
    """How the Pipeline ended, as far as its `steps` are concerned: known to those of `finally`."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A CEL expression with what each of its references stands for."""

    expression: Expression
    types: Mapping[Reference, str]
    sources: Mapping[Reference, "Source"]


@dataclass(frozen=True, slots=True)
class Wired:
    """An input with its source, and what it takes if the source gives nothing."""

    name: str
    type: str
    source: "Source"
    default: Json = None
    has_default: bool = False
    optional: bool = False

    @property
    def soft(self) -> bool:
        """Whether the input does without its producer."""
        return self.has_default or self.optional


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of several sources that there is. None of the steps behind them has to succeed."""

    sources: tuple["FromOutput | Derived", ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """An output that a graph makes of those of its steps. `name` is its path, `type` what it declares.

    `level`: the forEach of the graph, if it has one: then this is a list for who shares only the levels around that.
    """

    name: str
    type: str
    source: "Source"
    level: "Level | None"
    shared: int


Source = Literal | FromOutput | FromEach | StatusOf | HowItEnded | Evaluated | Wired | FirstOf | Derived


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a level: literal values, or the source of a list that other tasks make."""

    name: str
    values: tuple[Json, ...] | None
    source: "Source | None"
    path: str


@dataclass(frozen=True, slots=True)
class Level:
    """One forEach around a task."""

    id: str
    segment: int
    variables: tuple[Variable, ...]
    max_parallel: int | None


@dataclass(frozen=True, slots=True)
class AfterEdge:
    """Run after a group ended in a given way; `explicit` if the manifest says so with `after`."""

    group: Group
    outcome: Outcome
    explicit: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What a task runs, with Component and defaults merged in."""

    image: str | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    script: str | None = None
    interpreter: tuple[str, ...] = ("sh", "-c")
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    working_dir: str | None = None
    outputs: tuple[Output, ...] = ()
    approval: Approval | None = None
    resources: Resources = field(default_factory=Resources)
    retry: Retry = field(default_factory=Retry)
    timeout: float | None = None
    start_timeout: float = 600.0
    pod: PodOptions = field(default_factory=PodOptions)
    on_error: OnError = OnError.FAIL
    cache: Cache = Cache.REUSE
    undo: Undo | None = None
    replicas: int = 1
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One flattened step. `id` is its path without indices, `where` its place in the manifest."""

    id: str
    where: str
    segments: tuple[str, ...]
    levels: tuple[Level, ...]
    work: Work
    inputs: tuple[Wired, ...] = ()
    gates: tuple[Wired, ...] = ()
    needs: tuple[Group, ...] = ()
    after: tuple[AfterEdge, ...] = ()
    guards: tuple[Evaluated, ...] = ()
    final: bool = False
    component: str | None = None

    def path(self, index: tuple[int, ...]) -> str:
        """Path of the instance at an index (possibly shorter than the levels): `select.3.score`."""
        parts = list(self.segments)
        for level, number in reversed(list(zip(self.levels, index, strict=False))):
            parts.insert(level.segment + 1, str(number))
        return ".".join(parts)

    @property
    def accepts_failure(self) -> bool:
        """Whether it runs because something failed, and so also after the Pipeline has stopped."""
        return any(edge.outcome is not Outcome.SUCCEEDED for edge in self.after)


@dataclass(frozen=True, slots=True)
class Settings:
    """What concerns the Pipeline as a whole. Times are seconds."""

    on_failure: OnFailure = OnFailure.STOP
    parallelism: int | None = None
    priority: int = 0
    queue_name: str | None = None
    suspend: bool = False
    cancel: bool = False
    timeout: float | None = None
    storage: Storage | None = None
    history_limit: int = 5
    ttl_after_finished: float | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """The compiled Pipeline: tasks in dependency order, those of `finally` last."""

    tasks: Mapping[str, Task]
    settings: Settings = Settings()
    outputs: tuple[tuple[PipelineOutput, Source], ...] = ()
    memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """Cache of pure functions of this graph."""


MAX_STEPS = 10_000
"""Most Steps that one Pipeline may have after expansion."""


def size(graph: Graph) -> int:
    """How many Steps it has, as far as the manifest tells: instances of lists that a step produces are not counted."""
    known = graph.memo.get("size")
    if known is None:
        known = graph.memo["size"] = sum(map(_instances, graph.tasks.values()))
    assert isinstance(known, int)
    return known


def _instances(task: Task) -> int:
    lists = (variable.values for level in task.levels for variable in level.variables)
    return prod(len(values) for values in lists if values is not None)


def sources(wired: Source) -> Iterator[FromOutput | StatusOf]:
    """The producers that a source reads, through expressions and nested inputs."""
    return (found for found, _ in read(wired))


def read(wired: Source, must: bool = True) -> Iterator[tuple[FromOutput | StatusOf, bool]]:
    """The same, each with whether it must have succeeded."""
    match wired:
        case FromOutput() | StatusOf():
            yield wired, must
        case Wired():
            yield from read(wired.source, must)
        case Evaluated():
            for inner in wired.sources.values():
                yield from read(inner, must)
        case FirstOf():
            for inner in wired.sources:
                yield from read(inner, False)
        case Derived():
            for found, needed in read(wired.source, must):
                yield _outside(found, wired.shared), needed


def _outside(found: FromOutput | StatusOf, shared: int) -> FromOutput | StatusOf:
    """A producer inside a graph as it is seen from outside of that graph's forEach."""
    if isinstance(found, FromOutput):
        return replace(found, shared=min(found.shared, shared))
    return replace(found, group=replace(found.group, shared=min(found.group.shared, shared)))


def facts_in(wired: Source) -> Iterator[StatusOf | HowItEnded | Derived]:
    """What a source reads of how steps ended, and the outputs of graphs that may do so."""
    match wired:
        case StatusOf() | HowItEnded() | Derived():
            yield wired
        case Wired():
            yield from facts_in(wired.source)
        case Evaluated():
            for inner in wired.sources.values():
                yield from facts_in(inner)
        case FirstOf():
            for one in wired.sources:
                yield from facts_in(one)


MOST_BEHIND = 1_000
"""Most that an expression, or the first of several, may be made of in the end."""
_NESTED = 16
"""For so much an output of a graph counts by itself, so that few are made of one another in turn."""


def behind(source: Source) -> int:
    """How much there is to look at for the value of a source, through everything that it is made of."""
    match source:
        case Wired():
            return behind(source.source)
        case Evaluated():
            return 1 + sum(map(behind, source.sources.values()))
        case FirstOf():
            return 1 + sum(map(behind, source.sources))
        case Derived():
            return _NESTED + behind(source.source)
    return 1


def group_of(found: FromOutput | StatusOf) -> Group:
    """The steps that a producer stands for."""
    return found.group if isinstance(found, StatusOf) else Group(found.task, (found.task,), found.shared)


def lists_of(task: Task) -> Iterator[Source]:
    """The sources of the lists that a task, or a composite around it, runs over."""
    return (variable.source for level in task.levels for variable in level.variables if variable.source)


def groups_of(task: Task, *, lists: bool = True) -> Iterator[Group]:
    """Every group that the task depends on, one per mention. `lists`: also producers of forEach lists."""
    wires: tuple[Source, ...] = (*task.inputs, *task.gates, *task.guards)
    for wired in wires:
        for source in sources(wired):
            yield group_of(source)
    yield from task.needs
    for edge in task.after:
        yield edge.group
    if lists:
        for wired in lists_of(task):
            yield from map(group_of, sources(wired))
