"""Reality beside the plan: what a watcher saw of a run, and what core's simulation says of the same Pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.api import Pipeline
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.observed_capacity import node_view
from penstock.core.admission.policies import POLICIES
from penstock.core.foresight.activities import Workload, workload
from penstock.core.foresight.planned_pass import plannable, prepared
from penstock.core.foresight.simulate import Simulated, simulate
from penstock.core.graph.compiler import compile_pipeline
from tests.bench.figures import percentile
from tests.bench.schedule.scaled import Seconds
from tests.plane.api import Object


@dataclass(frozen=True)
class Lived:
    """One step as it was seen, in seconds on one clock: its Job there, its pod running, its pod succeeded."""

    created: float
    running: float
    ended: float


@dataclass(frozen=True)
class Prospect:
    """A Pipeline on nodes under a policy, to be simulated."""

    load: Workload
    capacity: Capacity
    policy: str

    def run(self, takes: Seconds) -> Simulated:
        """What happens if the steps take so long; the scheduler knows only what the Pipeline declares."""
        return simulate(self.load, self.capacity, 0.0, POLICIES[self.policy], lambda one: takes[one.key[2]])


def prospect(pipeline: Object, namespace: str, nodes: Sequence[Object], policy: str) -> Prospect:
    """What `penstock plan` would simulate."""
    model = Pipeline.model_validate(pipeline)
    graph = compile_pipeline(model.spec, {}).graph
    assert graph is not None, "the bench's own Pipelines are valid"
    load = workload(graph, namespace, pipeline["metadata"]["name"])
    capacity = Capacity.of(map(node_view, nodes))
    if POLICIES[policy].turns and plannable(load):
        load = prepared(load, capacity)
    return Prospect(load, capacity, policy)


def makespan(lived: Mapping[str, Lived]) -> float:
    """From the first Job to the end of the last pod."""
    return max(one.ended for one in lived.values()) - min(one.created for one in lived.values())


@dataclass(frozen=True)
class Lags:
    """Where time goes that no plan has, in seconds, for every step: from its Job to its pod running; what the pod
    took beyond its time; and from the end of a pod, the last before it, to the step's Job (not for the first ones)."""

    starting: tuple[float, ...]
    over: tuple[float, ...]
    reacting: tuple[float, ...]

    def __str__(self) -> str:
        parts = (("Job to running", self.starting), ("pod beyond its time", self.over), ("end to Job", self.reacting))
        return "; ".join(f"{name} {_spread(found)}" for name, found in parts)


def _spread(found: Sequence[float]) -> str:
    if not found:
        return "-"
    return f"p50 {percentile(found, 0.5) * 1000:.0f} ms, p90 {percentile(found, 0.9) * 1000:.0f} ms"


def lags(lived: Mapping[str, Lived], takes: Seconds) -> Lags:
    """The lags of a run."""
    ends = sorted(one.ended for one in lived.values())
    before = {name: [end for end in ends if end <= one.created] for name, one in lived.items()}
    return Lags(
        tuple(one.running - one.created for one in lived.values()),
        tuple(one.ended - one.running - takes[name] for name, one in lived.items()),
        tuple(lived[name].created - found[-1] for name, found in before.items() if found),
    )


def with_lags(lived: Mapping[str, Lived], takes: Seconds) -> dict[str, float]:
    """How long each step kept its room, and its followers waiting: from its Job to the end of its pod, and as long as
    it usually took until the end had an effect."""
    reacting = lags(lived, takes).reacting
    usual = percentile(reacting, 0.5) if reacting else 0.0
    return {name: one.ended - one.created + usual for name, one in lived.items()}


def overtaken(lived: Mapping[str, Lived], simulated: Simulated) -> int:
    """Pairs of steps of which the later by the simulation got its Job earlier. Those at one instant have no order."""
    planned = sorted((run.start, key[2]) for key, run in simulated.runs.items())
    return sum(
        lived[later].created < lived[earlier].created
        for number, (start, earlier) in enumerate(planned)
        for at, later in planned[number + 1 :]
        if at > start
    )
