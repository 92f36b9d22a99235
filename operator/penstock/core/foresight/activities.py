"""A Pipeline as the simulation sees it: every instance that is known beforehand, with what it waits for.

What only a run can tell is assumed: conditions are true, approvals given at once, nothing fails, and a list that a
step produces has one item.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from penstock.api import durations
from penstock.api.wiring import Outcome
from penstock.core.admission.demands import Key, task_shape
from penstock.core.admission.limits import Limit, limits
from penstock.core.admission.shapes import Shape
from penstock.core.graph.graph import Graph, Group, Task, groups_of
from penstock.core.graph.learned import Learned
from penstock.core.graph.ranks import DEFAULT_DURATION, Ranks, ranks
from penstock.core.graph.world import Index, Node, Verdict, World


@dataclass(frozen=True, slots=True)
class Activity:
    """One instance of a step. `shape` is None if it takes no pods (an approval). `after`: names of its barriers."""

    key: Key
    task: str
    shape: Shape | None
    duration: float
    rank: float
    priority: int = 0
    after: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    release: float = 0.0
    planned: float | None = None
    """When it starts by a plan, in seconds from the beginning."""
    nodes: tuple[str, ...] = ()
    """Where, by that plan."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Activities, and barriers: names of sets of activities that must all have ended.

    `notes` say what was assumed; `guessed` are the tasks of which how long or how often was. `under_way`: instances of
    fan-outs that have their place already, if their steps have begun.
    """

    activities: tuple[Activity, ...]
    barriers: Mapping[str, tuple[Key, ...]]
    notes: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    under_way: tuple[Limit, ...] = ()


def workload(
    graph: Graph,
    namespace: str,
    pipeline: str,
    learned: Learned | None = None,
    verdicts: Iterable[tuple[Node, Verdict]] = (),
) -> Workload:
    """The workload of a whole Pipeline from its beginning. `verdicts`: how steps stand, if it has begun; they tell how
    long the lists are that steps have produced."""
    return _Unfolding(graph, namespace, pipeline, ranks(graph, learned), verdicts).workload()


def lacking(load: Workload, keys: Set[Key]) -> Workload:
    """The workload without these activities, which nothing waits for any more."""
    activities = tuple(one for one in load.activities if one.key not in keys)
    barriers = {name: tuple(key for key in members if key not in keys) for name, members in load.barriers.items()}
    return replace(load, activities=activities, barriers=barriers)


def merged(loads: Sequence[Workload]) -> Workload:
    """Several Pipelines at once; their keys and so their barriers differ."""
    return Workload(
        tuple(activity for load in loads for activity in load.activities),
        {name: keys for load in loads for name, keys in load.barriers.items()},
        tuple(note for load in loads for note in load.notes),
        tuple(name for load in loads for name in load.guessed),
        tuple(limit for load in loads for limit in load.under_way),
    )


class _Unfolding:
    def __init__(
        self, graph: Graph, namespace: str, pipeline: str, known: Ranks, verdicts: Iterable[tuple[Node, Verdict]]
    ) -> None:
        self.graph = graph
        self.namespace = namespace
        self.pipeline = pipeline
        self.ranks = known
        self.world = World(graph)
        for node, verdict in verdicts:
            self.world.add(node, verdict)
        self.notes: list[str] = []
        self.stubs: set[str] = set()
        self.planned = {name: task for name, task in graph.tasks.items() if not _only_after_failure(task)}
        self.nodes = {name: list(self._instances(task)) for name, task in self.planned.items()}
        self.inside: dict[tuple[str, int], dict[Index, list[Key]]] = {}
        self.barriers: dict[str, tuple[Key, ...]] = {}

    def workload(self) -> Workload:
        for name in self.graph.tasks.keys() - self.planned.keys():
            self.notes.append(f"{name} runs only if something fails, so it is not planned")
        assumed = [name for name in self.ranks.assumed if name in self.planned]
        if assumed:
            names = ", ".join(assumed[:5]) + (f" and {len(assumed) - 5} more" if len(assumed) > 5 else "")
            self.notes.append(f"{durations.render(DEFAULT_DURATION)} is assumed for what states no duration: {names}")
        activities = tuple(self._activity(node) for nodes in self.nodes.values() for node in nodes)
        guessed = dict.fromkeys((*assumed, *sorted(self.stubs)))
        return Workload(activities, self.barriers, tuple(sorted(self.notes)), tuple(guessed))

    def _instances(self, task: Task) -> Iterator[Node]:
        for node in self.world.instances(task):
            verdict = self.world.verdicts.get((task.id, node.index))
            if node.stub and not (verdict and verdict.ended):
                self.stubs.add(task.id)
                self.notes.append(f"how often {node.path} runs is known once its list is; once is assumed")
            yield node

    def _key(self, node: Node) -> Key:
        return self.namespace, self.pipeline, node.path

    def _activity(self, node: Node) -> Activity:
        task = node.task
        return Activity(
            key=self._key(node),
            task=task.id,
            shape=None if task.work.approval else task_shape(self.graph, task, self.namespace, self.pipeline),
            duration=self.ranks.durations[task.id],
            rank=self.ranks.upward[task.id],
            priority=self.graph.settings.priority,
            after=tuple(dict.fromkeys(self._after(node))),
            limits=limits(self.graph, node, self.namespace, self.pipeline),
        )

    def _after(self, node: Node) -> Iterator[str]:
        for group in dict.fromkeys(groups_of(node.task)):
            yield self._barrier(group, node.index[: group.shared])
        if node.task.final:
            yield self._main()

    def _barrier(self, group: Group, prefix: Index) -> str:
        name = f"{self.namespace}/{self.pipeline}/{'+'.join(group.tasks)}@{'.'.join(map(str, prefix))}"
        if name not in self.barriers:
            self.barriers[name] = tuple(
                key
                for task in group.tasks
                for depth in range(len(prefix) + 1)
                for key in self._inside(task, len(prefix)).get(prefix[:depth], ())
            )
        return name

    def _inside(self, task: str, depth: int) -> Mapping[Index, Sequence[Key]]:
        """The instances of a task by the first `depth` numbers of their indices; stubs may have fewer."""
        if (task, depth) not in self.inside:
            found = self.inside[task, depth] = defaultdict(list)
            for node in self.nodes.get(task, ()):
                found[node.index[:depth]].append(self._key(node))
        return self.inside[task, depth]

    def _main(self) -> str:
        name = f"{self.namespace}/{self.pipeline}/all other steps"
        if name not in self.barriers:
            every = [node for nodes in self.nodes.values() for node in nodes if not node.task.final]
            self.barriers[name] = tuple(map(self._key, every))
        return name


def _only_after_failure(task: Task) -> bool:
    return any(edge.outcome is Outcome.FAILED for edge in task.after)
