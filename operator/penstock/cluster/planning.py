"""What applying manifests would do to a cluster: which steps would run, and until when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object, Refused
from penstock.cluster.compiling import Compiling
from penstock.cluster.components import namespace_of
from penstock.cluster.flows import flows
from penstock.cluster.linting import Report
from penstock.cluster.observing import learned_in, views
from penstock.cluster.stock import stock
from penstock.core import labels
from penstock.core.admission.policies import POLICIES
from penstock.core.asked.change import Action, Change
from penstock.core.asked.diff import diff
from penstock.core.asked.forecast import Forecast, forecast
from penstock.core.foresight.activities import Workload, lacking, merged, workload
from penstock.core.foresight.simulate import GivenUp
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned, families
from penstock.core.seen.reading import pipeline_view, step_view


@dataclass(frozen=True, slots=True)
class Planned:
    """One Pipeline: whether there is one of that name, and what would become of each of its steps."""

    namespace: str
    name: str
    exists: bool
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Planning:
    """Some Pipelines together. `whole`: a forecast of them from nothing; `before`: of those that there are as they are
    now, likewise, None if there is none; `left`: of what would run."""

    pipelines: Sequence[Planned]
    whole: Forecast
    before: Forecast | None
    left: Forecast
    notes: Sequence[str]


def plan(
    cluster: Cluster, report: Report, namespace: str, now: float, go_on: Callable[[], bool] = lambda: True
) -> Planning:
    """What applying what was read would do. `namespace`: of manifests that name none; `now`: seconds since 1970.

    `go_on`: asked again and again. Raises NotValid, Failure if the API server cannot be asked, or GivenUp if `go_on`
    says no.
    """
    learned, room = learned_in(cluster), stock(cluster).capacity
    found: list[Planned] = []
    whole: list[Workload] = []
    left: list[Workload] = []
    before: list[Workload] = []
    for flow in flows(report, cluster):
        if not go_on():
            raise GivenUp
        home = namespace_of(flow.model) or namespace
        there = _there(cluster, home, flow.name)
        steps = list(cluster.list(STEPS, home, f"{labels.PIPELINE}={flow.name}")) if there else []
        changes = diff(flow.graph, there, steps, now)
        found.append(Planned(home, flow.name, there is not None, changes))
        load = workload_of(flow.graph, home, flow.name, learned)
        whole.append(load)
        left.append(lacking(load, {(home, flow.name, one.path) for one in changes if one.action is not Action.RUN}))
        graph = _graph_of(cluster, there, steps) if there else None
        if graph:
            before.append(workload_of(graph, home, flow.name, learned))
    policy = POLICIES["planned"]
    every = merged(whole)
    return Planning(
        found,
        forecast(every, room, now, policy, go_on=go_on),
        forecast(merged(before), room, now, policy, go_on=go_on) if before else None,
        forecast(merged(left), room, now, policy, go_on=go_on),
        every.notes,
    )


def _there(cluster: Cluster, namespace: str, name: str) -> Object | None:
    try:
        return cluster.json("GET", PIPELINES.path(namespace, name))
    except Refused as refused:
        if refused.status == 404 and refused.of_object:
            return None
        raise


def _graph_of(cluster: Cluster, pipeline: Object, steps: Sequence[Object]) -> Graph | None:
    return Compiling(cluster).graph(pipeline_view(pipeline), views(step_view, steps), {})[0].graph


def workload_of(graph: Graph, namespace: str, pipeline: str, learned: Learned | None = None) -> Workload:
    """The workload of a whole Pipeline, with notes on where durations come from; `learned`: what earlier runs took."""
    load = workload(graph, namespace, pipeline, learned)
    return replace(load, notes=(*_durations(graph, learned), *load.notes))


def _durations(graph: Graph, learned: Learned | None) -> Iterator[str]:
    """Where the durations come from, if not from the manifest; what is assumed the workload says itself."""
    known = [name for name, one in families(graph).items() if learned and learned.seconds(one) is not None]
    if known:
        more = f" and {len(known) - 5} more" if len(known) > 5 else ""
        yield f"durations learned from earlier runs: {', '.join(known[:5])}{more}"
