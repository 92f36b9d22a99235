"""Limits that a Pipeline sets itself: `parallelism`, and `maxParallel` of its fan-outs.

Whatever has a limit takes a *place* while it is under way: one of its own, or one together with the other steps of its
instance of a fan-out. The operator and the simulation count them in the same way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penstock.api.step import StepPhase
from penstock.core.admission.capacity import expected_end
from penstock.core.admission.running import began
from penstock.core.graph.graph import Graph, Task
from penstock.core.graph.world import Index, Node, Verdict
from penstock.core.seen.snapshot import Observed

Who = tuple[str, str, str]
"""Namespace, Pipeline and path of a Step."""

Bound = tuple[str, str, str, Index]
"""What is limited: namespace, Pipeline, id of the fan-out (empty for all steps of the Pipeline), and the index of the
instance around that."""

Span = tuple[float, float]
"""When something began, and when it should end as far as its estimate goes; infinity if nobody knows."""

UNKNOWN: Span = (0.0, float("inf"))


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` places are taken at once: each from when its first step starts until its last has ended.

    `slot`: the index of the instance whose steps share a place; None for a step that has one to itself.
    """

    bound: Bound
    most: int
    slot: Index | None = None


class Places:
    """The places that are taken, and until when."""

    def __init__(self) -> None:
        self._taken: dict[Bound, dict[Who | Index, Span]] = {}

    @classmethod
    def of(cls, several: Iterable["Places"]) -> "Places":
        """The places of several Pipelines together, to take more of them."""
        found = cls()
        found._taken = {bound: dict(taken) for one in several for bound, taken in one._taken.items()}
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and self._taken == other._taken

    __hash__ = None  # type: ignore[assignment]

    def count(self, bound: Bound) -> int:
        """How many are taken."""
        return len(self._taken.get(bound, ()))

    def under_way(self, bound: Bound, slot: Index) -> bool:
        """Whether the instance has its place already."""
        return slot in self._taken.get(bound, ())

    def has(self, limit: Limit) -> bool:
        """Whether nothing more is taken by it."""
        return limit.slot is not None and self.under_way(limit.bound, limit.slot)

    def left(self, limit: Limit, at: float, now: float) -> int:
        """How many are left at an instant, by what is known now; negative once the limit was lowered."""
        spans = self._taken.get(limit.bound, {}).values()
        return limit.most - sum(at <= now or expected_end(*span, now) > at for span in spans)

    def free_at(self, limit: Limit, now: float) -> float:
        """When there should be one, if nothing else takes it; infinity if nobody knows."""
        ends = sorted(expected_end(*span, now) for span in self._taken.get(limit.bound, {}).values())
        return ends[len(ends) - limit.most] if len(ends) >= limit.most else now

    def take(self, limit: Limit, one: Who, span: Span = UNKNOWN) -> None:
        """Takes the place of a step that starts. Nobody knows when one is given back that several share."""
        who, until = (one, span) if limit.slot is None else (limit.slot, UNKNOWN)
        self._taken.setdefault(limit.bound, {})[who] = until

    def give_back(self, limit: Limit, one: Who) -> None:
        """The last that had the place has ended."""
        taken = self._taken[limit.bound]
        del taken[one if limit.slot is None else limit.slot]
        if not taken:
            del self._taken[limit.bound]


NO_PLACES = Places()
"""None is taken."""


def limits(graph: Graph, node: Node, namespace: str, pipeline: str, taken: Places | None = None) -> tuple[Limit, ...]:
    """The limits that an instance of a step keeps to. `taken`: leaves out those of which it has its place already."""
    task, found = node.task, []
    for depth, level in enumerate(task.levels[: len(node.index)]):
        if level.max_parallel is None:
            continue
        bound, slot = (namespace, pipeline, level.id, node.index[:depth]), node.index[: depth + 1]
        if taken is None or not taken.under_way(bound, slot):
            found.append(Limit(bound, level.max_parallel, None if _alone(graph, task, depth) else slot))
    if graph.settings.parallelism is not None and not (task.final or task.work.approval):
        found.append(Limit((namespace, pipeline, "", ()), graph.settings.parallelism))
    return tuple(found)


def places(observed: Observed, graph: Graph, decisions: Iterable[tuple[Node, Verdict]]) -> Places:
    """The places that the steps of a Pipeline have, by how those of them stand that have any limit."""
    found = Places()
    namespace, pipeline = observed.pipeline.namespace, observed.pipeline.name
    bounded = _fan_outs(graph).bounded
    if graph.settings.parallelism is None and not bounded:
        return found
    begun: dict[Bound, dict[Index, Span]] = defaultdict(dict)
    unfinished: set[tuple[Bound, Index]] = set()
    for node, verdict in decisions:
        active = _occupies(verdict)
        span = _span(observed, node, verdict) if active else UNKNOWN
        if graph.settings.parallelism is not None and active and not node.task.final:
            limit = Limit((namespace, pipeline, "", ()), graph.settings.parallelism)
            found.take(limit, (namespace, pipeline, node.path), span)
        for depth, level in enumerate(node.task.levels[: len(node.index)]):
            if level.id in bounded:
                bound, slot = (namespace, pipeline, level.id, node.index[:depth]), node.index[: depth + 1]
                if verdict.started:
                    begun[bound][slot] = span if _alone(graph, node.task, depth) else UNKNOWN
                if not verdict.ended:
                    unfinished.add((bound, slot))
    for bound, slots in begun.items():
        for slot, span in slots.items():
            if (bound, slot) in unfinished:
                found._taken.setdefault(bound, {})[slot] = span
    return found


def _alone(graph: Graph, task: Task, depth: int) -> bool:
    """Whether each instance of the fan-out at that depth is one Step."""
    return depth + 1 == len(task.levels) and _fan_outs(graph).tasks[task.levels[depth].id] == 1


def shares(graph: Graph) -> bool:
    """Whether several steps share a place: it is taken then though none of them is under way."""
    found = _fan_outs(graph)
    inner = (
        task.levels[depth].id in found.bounded and not _alone(graph, task, depth)
        for task in graph.tasks.values()
        for depth in range(len(task.levels))
    )
    return bool(found.bounded) and any(inner)


@dataclass(frozen=True, slots=True)
class _FanOuts:
    """How many tasks there are in each, and which have a limit."""

    tasks: Mapping[str, int]
    bounded: frozenset[str]


def _fan_outs(graph: Graph) -> _FanOuts:
    known = graph.memo.get("fan-outs")
    if known is None:
        levels = [level for task in graph.tasks.values() for level in task.levels]
        bounded = frozenset(level.id for level in levels if level.max_parallel is not None)
        known = graph.memo["fan-outs"] = _FanOuts(Counter(level.id for level in levels), bounded)
    assert isinstance(known, _FanOuts)
    return known


def _occupies(verdict: Verdict) -> bool:
    """Whether its Job exists and is not over; Kueue may let one that is suspended run at any time."""
    return verdict.phase is StepPhase.RUNNING or (verdict.phase is StepPhase.QUEUED and verdict.started)


def _span(observed: Observed, node: Node, verdict: Verdict) -> Span:
    start = began(observed, node.path)
    if observed.expected is None or start is None or verdict.phase is not StepPhase.RUNNING:
        return UNKNOWN
    return start, start + observed.expected.durations[node.task.id]
