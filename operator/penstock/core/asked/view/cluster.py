"""All Pipelines on all nodes: who holds what, how it was, and how it should go on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import Capacity
from penstock.core.asked.view.lanes import ALWAYS, Holds, Name, holdings
from penstock.core.foresight.activities import merged
from penstock.core.foresight.planned_pass import ends
from penstock.core.foresight.remaining import remaining
from penstock.core.foresight.simulate import Simulated, simulate
from penstock.core.foresight.timeline import uses
from penstock.core.graph.learned import Learned
from penstock.core.pipeline.plan import plan
from penstock.core.seen.snapshot import Observed


@dataclass(frozen=True, slots=True)
class Share:
    """What a Pipeline (or a Step that stands alone) holds, by resource in its unit. `waiting`: so many of its steps are
    still to start; `end`: when it should end if all goes on as foreseen, None if nobody knows."""

    namespace: str
    name: str
    holds: Mapping[str, float]
    waiting: int
    end: float | None


@dataclass(frozen=True, slots=True)
class NodeUse:
    """A node: `[resource, there, held by Steps, held by foreign pods]` in the unit of each. `unusable`: why it takes no
    pods now, empty if it does."""

    name: str
    unusable: str
    use: Sequence[tuple[str, float, float, float]]


@dataclass(frozen=True, slots=True)
class Whole:
    """One resource of the cluster. `past`: `[instant, total, held by Steps, foreign]`; `ahead`: `[instant, held by
    Steps]` as foreseen from now on, with what waits; `total`: None if nodes cannot be seen."""

    resource: str
    total: float | None
    past: Sequence[tuple[float, float | None, float, float]]
    ahead: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ClusterView:
    """The cluster at an instant, seconds since 1970. `notes`, `hidden`: what the viewer may not see of it."""

    at: float
    lanes: Sequence[Whole]
    nodes: Sequence[NodeUse]
    shares: Sequence[Share]
    notes: Sequence[str] = ()
    hidden: Sequence[str] = ()


def cluster_view(
    observed: Sequence[Observed], capacity: Capacity, past: Sequence[Holds], learned: Learned, now: float
) -> ClusterView:
    """The cluster and all Pipelines in it. `past`: what was seen so far, the last of it now.

    What waits is foreseen by a simulation of all Pipelines together, from now on, as the operator would admit it.
    """
    running = [(one, plan(one).verdicts) for one in observed if one.graph is not None and not one.problems]
    going = [(one, verdicts) for one, verdicts in running if any(not verdict.ended for _, verdict in verdicts)]
    load = merged([remaining(one, verdicts, now, learned) for one, verdicts in going])
    found = simulate(load, capacity, now)
    waiting = {_name(one): sum(not (v.ended or v.started) for _, v in verdicts) for one, verdicts in going}
    stuck = {key[:2] for key in found.stuck}
    over = {name: end for name, end in ends(found).items() if name not in stuck}
    return ClusterView(
        now,
        [_whole(resource, capacity, found, past) for resource in _resources(past[-1])],
        list(_nodes(capacity)),
        list(_shares(past[-1], waiting, over)),
    )


def _name(one: Observed) -> Name:
    return one.pipeline.namespace, one.pipeline.name


def _resources(now: Holds) -> list[str]:
    devices = {name for amounts in (now.total or {}, now.own, now.foreign) for name in amounts if "/" in name}
    return [*ALWAYS, *sorted(devices)]


def _whole(resource: str, capacity: Capacity, found: Simulated, past: Sequence[Holds]) -> Whole:
    return Whole(
        resource,
        _amount(past[-1].total, resource),
        [
            (
                one.at,
                _amount(one.total, resource),
                one.own.get(resource, 0) / MILLI,
                one.foreign.get(resource, 0) / MILLI,
            )
            for one in past
        ],
        list(_ahead(resource, capacity, found)),
    )


def _amount(total: Mapping[str, int] | None, resource: str) -> float | None:
    return None if total is None else total.get(resource, 0) / MILLI


def _ahead(resource: str, capacity: Capacity, found: Simulated) -> Iterator[tuple[float, float]]:
    """What Steps hold from now on: what runs gives back as it should end, and what waits takes."""
    now = found.began
    changes: dict[float, int] = defaultdict(int)
    for one in holdings(capacity):
        if one.own:
            changes[now] += one.requests.get(resource, 0)
            changes[one.released(now)] -= one.requests.get(resource, 0)
    before = 0
    coming = uses(found, capacity).get(resource)
    for at, amount in coming.steps if coming else ():
        changes[at] += amount - before
        before = amount
    held = 0
    for at in sorted(changes):
        held += changes[at]
        if at != float("inf"):
            yield at, held / MILLI


def _nodes(capacity: Capacity) -> Iterator[NodeUse]:
    for name, node in (capacity.nodes or {}).items():
        load = capacity.loads.get(name)
        total, own = (load.total, load.own) if load else ({}, {})
        shown = [*ALWAYS, *sorted(one for one, amount in node.potential.items() if "/" in one and amount)]
        yield NodeUse(
            name,
            node.unusable,
            [
                (
                    one,
                    node.allocatable.get(one, 0) / MILLI,
                    own.get(one, 0) / MILLI,
                    (total.get(one, 0) - own.get(one, 0)) / MILLI,
                )
                for one in shown
            ],
        )


def _shares(now: Holds, waiting: Mapping[Name, int], over: Mapping[Name, float]) -> Iterable[Share]:
    """Those that hold something or wait for it, those first that hold most of what is scarcest."""
    total = now.total or {}

    def weight(name: Name) -> float:
        held = now.pipelines.get(name, {})
        return max((amount / total[one] for one, amount in held.items() if total.get(one)), default=0.0)

    names = {name for name, held in now.pipelines.items() if held} | {name for name, n in waiting.items() if n}
    for name in sorted(names, key=lambda name: (-weight(name), name)):
        held = {one: n / MILLI for one, n in now.pipelines.get(name, {}).items() if one in ALWAYS or "/" in one}
        yield Share(*name, held, waiting.get(name, 0), over.get(name))
