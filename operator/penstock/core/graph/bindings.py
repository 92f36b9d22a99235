"""What a step waits for, and the values it gets once that has ended."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from penstock.api.base import Json
from penstock.api.step import StepPhase
from penstock.api.wiring import Outcome
from penstock.core.graph.environment import Environment
from penstock.core.graph.graph import (
    Derived,
    FromOutput,
    Graph,
    Group,
    HowItEnded,
    Source,
    StatusOf,
    Task,
    facts_in,
    group_of,
    groups_of,
    lists_of,
    read,
    sources,
)
from penstock.core.graph.missing import Missing, first_missing
from penstock.core.graph.outline import assignable
from penstock.core.graph.resolve import resolve
from penstock.core.graph.spread import refusal, spreads
from penstock.core.graph.world import NAMED, Node, World
from penstock.core.reasons import Reason
from penstock.core.values import canonical, digest, shorten, text, type_name

Fact = StatusOf | HowItEnded | Derived


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some of what the step depends on has not ended."""

    message: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """The step cannot run any more; it ends Skipped, or Failed if something is wrong with its input."""

    phase: StepPhase
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Met:
    """All dependencies ended as they should. `producers` tells their runs, `since` when the last one ended."""

    producers: str
    since: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependency of a task: whether the group must succeed, or must have ended in a given way."""

    group: Group
    must_succeed: bool
    outcome: Outcome | None


def edges(world: World, task: Task) -> tuple[Edge, ...]:
    """All dependencies of a task, without repetition."""
    key = ("edges", task.id)
    known = world.graph.memo.get(key)
    if known is None:
        known = world.graph.memo[key] = tuple(dict.fromkeys(_edges(task)))
    assert isinstance(known, tuple)
    return known


def _edges(task: Task) -> list[Edge]:
    found = [Edge(group, True, None) for group in task.needs]
    found += [Edge(edge.group, False, edge.outcome) for edge in task.after]
    wires: list[tuple[Source, bool]] = [(wired, not wired.soft) for wired in (*task.inputs, *task.gates)]
    wires += [(guard, True) for guard in task.guards]
    found += [
        Edge(group_of(source), must, None)
        for wired, hard in wires
        for source, must in read(wired, hard)
        if isinstance(source, FromOutput)
    ]
    lists = (source for wired in lists_of(task) for source in sources(wired))
    found += [Edge(group_of(source), False, Outcome.COMPLETED) for source in lists]
    return found


def dependencies(world: World, node: Node, also: str = "") -> Waiting | Impossible | Met:
    """Whether a step may start as far as others are concerned. `also` becomes part of the producers' digest."""
    waiting: list[str] = []
    since = 0.0
    for edge in edges(world, node.task):
        state = world.state(edge.group, node.index)
        if not state.ended:
            waiting.extend(state.waiting_for)
            continue
        since = max(since, state.ended_at)
        refused = _refused(edge, state.phase, state.tolerated)
        if refused:
            return refused
    if waiting:
        names = list(dict.fromkeys(waiting))
        words = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        return Waiting(f"waits for {words}")
    return Met(_producers(world, node, also), since)


def _producers(world: World, node: Node, also: str) -> str:
    key = ("producers", node.task.id)
    groups = world.graph.memo.get(key)
    if groups is None:
        groups = world.graph.memo[key] = tuple(dict.fromkeys(groups_of(node.task, lists=False)))
    assert isinstance(groups, tuple)
    facts = _facts(world, node.task)
    tokens = [world.state(group, node.index).token for group in groups]
    tokens += [_token(world, node, one) for one in facts]
    if also:
        tokens.append(also)
    return _digest_of(tuple(sorted(tokens))) if tokens else ""


def _facts(world: World, task: Task) -> tuple[Fact, ...]:
    """What a task reads that may be another though the runs that are selected are the same: not mere statuses."""
    key = ("facts", task.id)
    known = world.graph.memo.get(key)
    if known is None:
        found = (one for wired in _wires(task) for one in facts_in(wired) if _tells(one, lambda fact: fact != "status"))
        known = world.graph.memo[key] = tuple(found)
    assert isinstance(known, tuple)
    return known


def _token(world: World, node: Node, fact: Fact) -> str:
    value = resolve(world, node, fact)
    name = fact.fact if isinstance(fact, StatusOf) else fact.name if isinstance(fact, Derived) else ""
    return canonical([name, None if first_missing(value) else value])


def _tells(fact: Fact, wanted: Callable[[str], bool]) -> bool:
    match fact:
        case StatusOf():
            return wanted(fact.fact)
        case Derived():
            return any(_tells(one, wanted) for one in facts_in(fact.source))
        case _:
            return wanted("pipeline")


def _wires(task: Task) -> tuple[Source, ...]:
    return (*task.inputs, *task.gates, *task.guards)


def timed_tasks(graph: Graph) -> frozenset[str]:
    """The tasks of which somebody may read when they began."""
    known = graph.memo.get("timed")
    if known is None:
        wires = [wired for task in graph.tasks.values() for wired in (*_wires(task), *lists_of(task))]
        wires += [source for _, source in graph.outputs]
        read = (
            wired for wired in wires if any(_tells(one, lambda fact: fact == "startTime") for one in facts_in(wired))
        )
        known = graph.memo["timed"] = frozenset(
            name for wired in read for source in sources(wired) for name in group_of(source).tasks
        )
    assert isinstance(known, frozenset)
    return known


@lru_cache(maxsize=8192)
def _digest_of(tokens: tuple[str, ...]) -> str:
    return digest(list(tokens))


def _refused(edge: Edge, phase: StepPhase, tolerated: bool) -> Impossible | None:
    name = edge.group.name
    ended = f"{phase.value.lower()}" if phase is StepPhase.FAILED else f"was {phase.value.lower()}"
    if edge.must_succeed and phase is not StepPhase.SUCCEEDED and not tolerated:
        reason = Reason.DEPENDENCY_FAILED if phase is StepPhase.FAILED else Reason.DEPENDENCY_SKIPPED
        return Impossible(StepPhase.SKIPPED, reason, f"needs step {name!r}, which {ended}")
    if edge.outcome in (None, Outcome.COMPLETED) or edge.outcome == phase.value:
        return None
    return Impossible(
        StepPhase.SKIPPED,
        Reason.OUTCOME_NOT_MET,
        f"runs only after {name!r} {edge.outcome.value.lower()}, but it {phase.value.lower()}",
    )


def admit_by_guards(world: World, node: Node) -> Impossible | None:
    """Evaluates `when` of the step and of the composites around it, and whether their inputs are there."""
    for wired in node.task.gates:
        value = resolve(world, node, wired)
        missing = first_missing(value)
        if missing:
            return _impossible(missing)
    for guard in node.task.guards:
        value = resolve(world, node, guard)
        missing = first_missing(value)
        if missing:
            return _impossible(missing)
        if value is False:
            return Impossible(StepPhase.SKIPPED, Reason.CONDITION_FALSE, f"when: {guard.expression.text} is false")
        if value is not True:
            found = f"{type_name(value)} {shorten(text(value))}".rstrip()
            return Impossible(StepPhase.FAILED, Reason.EXPRESSION_ERROR, f"when must be true or false, not {found}")
    return None


def _impossible(missing: Missing) -> Impossible:
    wrong = missing.reason in (Reason.EXPRESSION_ERROR, Reason.INVALID_LIST, Reason.INPUT_INVALID)
    return Impossible(StepPhase.FAILED if wrong else StepPhase.SKIPPED, missing.reason, missing.message)


def stub_verdict(missing: Missing) -> Impossible:
    """What becomes of a fan-out whose list is missing."""
    return _impossible(missing)


def bind(world: World, node: Node) -> dict[str, Json] | Impossible:
    """The values of a step's inputs by name; artifacts as where they are stored."""
    values: dict[str, Json] = {}
    environment = Environment()
    for wired in node.task.inputs:
        value = resolve(world, node, wired)
        missing = first_missing(value)
        if missing:
            return _impossible(missing)
        known = value is None or wired.type == "Artifact" or (wired.soft and value == wired.default)
        if not known and not assignable(wired.type, type_name(value)):
            found = f"{type_name(value)} {shorten(text(value))}".rstrip()
            return Impossible(
                StepPhase.FAILED, Reason.INPUT_INVALID, f"input {wired.name!r} must be {wired.type}, not {found}"
            )
        wrong = environment.add(wired.name, value)
        if wrong:
            return Impossible(StepPhase.FAILED, *wrong)
        values[wired.name] = value
    for wired in spreads(node.task.work, node.task.inputs):
        unfit = refusal(wired, values[wired.name])
        if unfit:
            return Impossible(StepPhase.FAILED, Reason.INPUT_INVALID, unfit)
        wrong = environment.add(wired.name, values[wired.name])  # Linux counts arguments as it counts variables
        if wrong:
            return Impossible(StepPhase.FAILED, *wrong)
    return values
