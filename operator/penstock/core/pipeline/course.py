"""How all Steps of a Pipeline stand, from plan to plan.

The decision about a Step depends on its own objects, on the time, and on how those before it stand. So when something
has happened to some, these are decided about anew, in the order of the graph, and after each of them whoever sees a
difference by it. That is what a build system does (Mokhov, Mitchell, Peyton Jones: Build systems a la carte, 2018).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from penstock.core.graph.graph import Graph, Task
from penstock.core.graph.readers import readers_of
from penstock.core.graph.world import Node, Verdict, World
from penstock.core.pipeline.deciding import Deciding
from penstock.core.pipeline.lateness import running_since
from penstock.core.pipeline.tally import Tally
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import StepView
from penstock.core.step import status as step_status
from penstock.core.step import usage
from penstock.core.step.runs import Decided
from penstock.core.step.status import Status


@dataclass(slots=True)
class _Alarms:
    """When each Step is to be looked at again, if not before."""

    at: dict[str, float] = field(default_factory=dict)
    queue: list[tuple[float, str]] = field(default_factory=list)

    def set(self, path: str, instants: Iterable[float]) -> None:
        """These of a Step, and no others."""
        at = min(instants, default=None)
        if at is None:
            self.at.pop(path, None)
        elif self.at.get(path) != at:
            self.at[path] = at
            heappush(self.queue, (at, path))

    def first(self) -> float | None:
        """The earliest of all."""
        while self.queue and self.at.get(self.queue[0][1]) != self.queue[0][0]:
            heappop(self.queue)
        return self.queue[0][0] if self.queue else None

    def due(self, now: float) -> Iterator[str]:
        """The Steps whose time has come."""
        while (at := self.first()) is not None and at <= now:
            path = heappop(self.queue)[1]
            del self.at[path]
            yield path


class Course:
    """The decisions about all instances of the steps of a graph, and what follows from them."""

    def __init__(self, graph: Graph, basis: tuple[object, ...]) -> None:
        self.basis = basis
        """What all of them depend on: decisions that depend on something else are another course."""
        self.world = World(graph)
        self.tally = Tally()
        self.acting: dict[int, Decided] = {}
        """What is to be written, by the number of the instance. Numbers are in the order of the graph."""
        self.ready: dict[int, Ready] = {}
        """What wants a Job."""
        self.running: dict[int, tuple[Node, float]] = {}
        """What runs, and since when."""
        self.alarms = _Alarms()
        self.used = usage.Total()
        self.obsolete: dict[str, StepView] = {}
        """Steps that the graph has not any more, by path."""
        self.settled: dict[str, StepView] = {}
        """Steps with a decision on an approval that is on record."""
        self._numbers: dict[str, int] = {}
        self._nodes: list[Node] = []
        self._in_order: list[Ready] | None = None

    # --- decisions ------------------------------------------------------------------------------------------------

    def decide(self, tasks: Iterable[Task], deciding: Deciding) -> None:
        """Decides about all instances of these tasks, which are in the order of the graph."""
        for task in tasks:
            for node in self.world.instances(task):
                self._numbers[node.path] = len(self._nodes)
                self._nodes.append(node)
                verdict, found = deciding.about(node)
                self.world.add(node, verdict)
                self._keep(node, None, verdict, found)

    def touch(self, paths: Iterable[str], deciding: Deciding, last: Deciding) -> set[str] | None:
        """Decides anew about the instances at these paths, those whose time has come, those of which something was to
        be written, and whoever sees a difference by that. `last`: about `finally`.

        Returns the paths of all of these; None if that is not enough, since there may be other instances now. Then
        nothing here holds any more.
        """
        numbers = {self._numbers[path] for path in paths if path in self._numbers}
        numbers.update(self._numbers[path] for path in self.alarms.due(deciding.observed.now))
        numbers.update(self.acting)
        redone: set[str] = set()
        queue = list(numbers)
        heapify(queue)
        while queue:
            node = self._nodes[heappop(queue)]
            redone.add(node.path)
            verdict, found = (last if node.task.final else deciding).about(node)
            before = self.world.verdicts[node.task.id, node.index]
            if self._other_instances(node, before, verdict):
                return None
            for task, index in self.world.change(node, verdict):
                for reader in self.world.inside(task, index):
                    other = self._numbers[reader.path]
                    if other not in numbers:
                        numbers.add(other)
                        heappush(queue, other)
            self._keep(node, before, verdict, found)
        return redone

    def _other_instances(self, node: Node, before: Verdict, after: Verdict) -> bool:
        """Whether others may be there now: a list has changed that they run over, or is told never to be known."""
        if node.stub and before.ended != after.ended:
            return True
        if node.task.id not in readers_of(self.world.graph).lists:
            return False
        return (before.ended, before.phase, before.outputs) != (after.ended, after.phase, after.outputs)

    def _keep(self, node: Node, before: Verdict | None, verdict: Verdict, found: Decided) -> None:
        number = self._numbers[node.path]
        if before != verdict:
            self.tally.put(number, node, before, verdict)
        self.alarms.set(node.path, found.wake_at)
        self.acting.pop(number, None)
        if found.acts:
            self.acting[number] = found
        if found.ready:
            (self.ready[number],) = found.ready
            self._in_order = None
        elif self.ready.pop(number, None):
            self._in_order = None

    # --- what follows ---------------------------------------------------------------------------------------------

    def found(self) -> Decided:
        """What follows from all decisions, in the order of the graph, but for when to look again."""
        found = Decided()
        for number in sorted(self.acting):
            found.add(self.acting[number])
        if self._in_order is None:
            self._in_order = [self.ready[number] for number in sorted(self.ready)]
        found.ready = list(self._in_order)
        return found

    def see(self, paths: Iterable[str], observed: Observed, statuses: Mapping[str, Status]) -> None:
        """Takes note of the Step objects at these paths. `statuses`: those that they are to get."""
        unknown = {node.task.id for node, _ in self.tally.each(lambda kind: kind.unknown)}
        for path in paths:
            step = observed.steps.get(path)
            for kept in (self.obsolete, self.settled):
                kept.pop(path, None)
            used: Mapping[str, Any] = {}
            if step is not None and not step.deleting:
                if path in self._numbers or step.task in unknown:
                    used = statuses.get(path, step.status)
                else:
                    self.obsolete[path] = step
            if step is not None and step.decided and step_status.ended(step.status):
                self.settled[path] = step
            self.used.put(path, used)
            number = self._numbers.get(path)
            if number is not None:
                self._note_running(number, None if step is None else statuses.get(path, step.status))

    def _note_running(self, number: int, status: Mapping[str, Any] | None) -> None:
        node = self._nodes[number]
        since = None if status is None else running_since(status, self.world.verdicts[node.task.id, node.index])
        self.running.pop(number, None)
        if since is not None:
            self.running[number] = node, since
