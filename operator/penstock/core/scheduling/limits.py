"""Limits that a Pipeline sets itself: `parallelism`, and `maxParallel` of its fan-outs.

Whatever has a limit takes a *place* while it is under way: one of its own, or one together with the other steps of its
instance of a fan-out. The operator and the simulation count them in the same way.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from penstock.api.step import StepPhase
from penstock.core.graph import Graph
from penstock.core.world import Index, Node, Verdict, World

Bound = tuple[str, str, str, Index]
"""What is limited: namespace, Pipeline, id of the fan-out (empty for all steps of the Pipeline), and the index of the
instance around that."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` places are taken at once: each from when its first step starts until its last has ended.

    `slot`: the index of the instance whose steps share a place; None for a step that has one to itself.
    """

    bound: Bound
    most: int
    slot: Index | None = None


class Places:
    """The places that are taken."""

    def __init__(self) -> None:
        self._own: Counter[Bound] = Counter()
        self._shared: dict[Bound, set[Index]] = {}

    @classmethod
    def of(cls, several: Iterable["Places"]) -> "Places":
        """The places of several Pipelines together, to take more of them."""
        found = cls()
        for one in several:
            found._own.update(one._own)
            found._shared.update({bound: set(slots) for bound, slots in one._shared.items()})
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and self._own == other._own and self._open() == other._open()

    __hash__ = None  # type: ignore[assignment]

    def _open(self) -> dict[Bound, set[Index]]:
        return {bound: slots for bound, slots in self._shared.items() if slots}

    def taken(self, bound: Bound) -> int:
        """How many are taken."""
        return self._own[bound] + len(self._shared.get(bound, ()))

    def under_way(self, bound: Bound, slot: Index) -> bool:
        """Whether the instance has its place already."""
        return slot in self._shared.get(bound, ())

    def has(self, limit: Limit) -> bool:
        """Whether nothing more is taken by it."""
        return limit.slot is not None and self.under_way(limit.bound, limit.slot)

    def free(self, limit: Limit) -> int:
        """How many are left; negative once the limit was lowered."""
        return limit.most - self.taken(limit.bound)

    def take(self, limit: Limit) -> None:
        """Takes the place of what starts."""
        if limit.slot is None:
            self._own[limit.bound] += 1
        else:
            self._shared.setdefault(limit.bound, set()).add(limit.slot)

    def give_back(self, limit: Limit) -> None:
        """The last that had the place has ended."""
        if limit.slot is None:
            self._own[limit.bound] -= 1
        else:
            self._shared[limit.bound].discard(limit.slot)


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
            alone = depth + 1 == len(task.levels) and _tasks(graph)[level.id] == 1
            found.append(Limit(bound, level.max_parallel, None if alone else slot))
    if graph.settings.parallelism is not None and not (task.final or task.work.approval):
        found.append(Limit((namespace, pipeline, "", ()), graph.settings.parallelism))
    return tuple(found)


def places(world: World, namespace: str, pipeline: str) -> Places:
    """The places that the steps of a Pipeline have, by how they stand."""
    found = Places()
    graph = world.graph
    bounded = {level.id for task in graph.tasks.values() for level in task.levels if level.max_parallel is not None}
    if graph.settings.parallelism is None and not bounded:
        return found
    begun: dict[Bound, set[Index]] = defaultdict(set)
    unfinished: dict[Bound, set[Index]] = defaultdict(set)
    for node, verdict in _verdicts(world):
        if graph.settings.parallelism is not None and not node.task.final and _occupies(verdict):
            found.take(Limit((namespace, pipeline, "", ()), graph.settings.parallelism))
        for depth, level in enumerate(node.task.levels[: len(node.index)]):
            if level.id in bounded:
                bound, slot = (namespace, pipeline, level.id, node.index[:depth]), node.index[: depth + 1]
                if verdict.started:
                    begun[bound].add(slot)
                if not verdict.ended:
                    unfinished[bound].add(slot)
    found._shared = {bound: slots & unfinished[bound] for bound, slots in begun.items()}
    return found


def _tasks(graph: Graph) -> Counter[str]:
    """How many tasks there are in an instance of each fan-out."""
    known = graph.memo.get("tasks of levels")
    if known is None:
        known = Counter(level.id for task in graph.tasks.values() for level in task.levels)
        graph.memo["tasks of levels"] = known
    assert isinstance(known, Counter)
    return known


def _verdicts(world: World) -> Iterator[tuple[Node, Verdict]]:
    for nodes in world.nodes.values():
        for node in nodes:
            verdict = world.verdicts.get((node.task.id, node.index))
            if verdict is not None:
                yield node, verdict


def _occupies(verdict: Verdict) -> bool:
    """Whether its Job exists and is not over; Kueue may let one that is suspended run at any time."""
    return verdict.phase is StepPhase.RUNNING or (verdict.phase is StepPhase.QUEUED and verdict.started)
