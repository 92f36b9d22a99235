"""Whether a shape can ever run here, and on which nodes: what does not change while nodes and quotas stay the same."""

from collections.abc import Iterable
from dataclasses import dataclass

from penstock.api.quantities import counted, render
from penstock.core.admission.capacity import Capacity, NodeView
from penstock.core.admission.shapes import PODS, Amounts, Shape, Taint
from penstock.core.causes import Cause, Closed, Node, Said, Tainted
from penstock.core.problems import nearest

PASSING = "node.kubernetes.io/"
"""Taints with this prefix come and go (not-ready, unreachable, pressure): they make a step wait, never fail."""

CORE = ("cpu", "memory", "ephemeral-storage", PODS)
"""Resources of every node: who asks for one of these has not mistaken its name."""

REMEMBERED = 2048
"""Shapes at most whose feasibility is remembered. One that binds pods to a claim comes and goes with a Pipeline."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """`usable`: nodes that may take its pods now as far as labels and taints go; None if nodes are not known.

    `never` says with numbers why it cannot run even when all is idle; `now` why no node is usable at the moment.
    """

    usable: tuple[str, ...] | None
    never: Cause | None = None
    now: Cause | None = None


def feasibility(capacity: Capacity, shape: Shape) -> Feasibility:
    """The feasibility of a shape, remembered in the capacity's memo."""
    known = capacity.memo.get(shape)
    if known is None:
        if len(capacity.memo) >= REMEMBERED:
            capacity.memo.clear()
        known = capacity.memo[shape] = _feasibility(capacity, shape)
    assert isinstance(known, Feasibility)
    return known


def _feasibility(capacity: Capacity, shape: Shape) -> Feasibility:
    requests, limits = capacity.stated(shape)
    beyond = _outside_ranges(capacity, shape, requests, limits)
    beyond = beyond or _beyond_quotas(capacity, shape, requests, limits) or _beyond_caps(capacity, shape, requests)
    if beyond:
        return Feasibility(None if capacity.nodes is None else (), Said(beyond))
    if capacity.nodes is None:
        return Feasibility(None)
    if not capacity.nodes:
        return Feasibility((), now=Said(_asked(shape, requests) + "the cluster has no nodes"))
    candidates, never = _candidates(capacity.nodes.values(), shape, requests)
    if never:
        return Feasibility((), never)
    usable = tuple(
        node.name for node in candidates if not node.unusable and not shape.constraints.untolerated(node.taints)
    )
    return Feasibility(usable, now=None if usable else _closed(candidates, shape, requests))


def slots(free: Amounts, requests: Amounts) -> int:
    """How many pods with these requests fit in what is free. A node that states no `pods` has no limit of them."""
    found = 1 << 31
    for name, amount in requests.items():
        if amount:
            room = free.get(name)
            if room is None:
                if name == PODS:
                    continue
                return 0
            if room < amount:
                return 0
            if room // amount < found:
                found = room // amount
    return found


def _candidates(nodes: Iterable[NodeView], shape: Shape, requests: Amounts) -> tuple[list[NodeView], Cause | None]:
    """Nodes that would take the pods when idle, and if these are too few, why."""
    everyone = list(nodes)
    wanted = [node for node in everyone if shape.constraints.wants(node.name, node.labels)]
    if not wanted:
        return [], Said(f"none of {_count(everyone)} has what {_constraints(shape)} asks for")
    open_to_it = [node for node in wanted if not shape.constraints.untolerated(_lasting(node))]
    if not open_to_it:
        taint = shape.constraints.untolerated(_lasting(wanted[0]))
        assert taint is not None
        return [], Tainted(f"{taint.key}={taint.value}:{taint.effect}", wanted[0].name, len(wanted) - 1)
    large = [node for node in open_to_it if slots(node.potential, requests)]
    if not large:
        return [], Said(_too_large(open_to_it, requests))
    room = sum(slots(node.potential, requests) for node in large)
    if room < shape.replicas:
        only = f"only {room} would fit when all is idle, on {_count(large)}"
        return [], Said(f"needs {shape.replicas} pods at once; {only}")
    return large, None


def _too_large(nodes: list[NodeView], requests: Amounts) -> str:
    for name in in_order(requests):
        most = max(node.potential.get(name, 0) for node in nodes)
        if requests[name] > most and not (name == PODS and all(PODS not in node.potential for node in nodes)):
            needed = f"needs {counted(name, requests[name])} on one node"
            if not most:
                hint = "" if name in CORE else nearest(name, _known(nodes) - {name})
                return f"{needed}; no node has {name}{hint}"
            return f"{needed}; the largest of {_count(nodes)} has {render(name, most)}"
    asked = ", ".join(counted(name, requests[name]) for name in in_order(requests) if name != PODS)
    return f"needs {asked} on one node; none of {_count(nodes)} has all of that together"


def in_order(requests: Amounts) -> list[str]:
    """Resources in the order in which people look at them: extended ones, then the rest by name."""
    return sorted((name for name, amount in requests.items() if amount), key=lambda name: ("/" not in name, name))


def needs(shape: Shape, name: str, amount: int) -> str:
    """`needs 2 nvidia.com/gpu`, `needs 3 x 1 nvidia.com/gpu at once`."""
    if shape.replicas > 1:
        return f"needs {shape.replicas} x {counted(name, amount)} at once"
    return f"needs {counted(name, amount)}"


def _asked(shape: Shape, requests: Amounts) -> str:
    """What it needs first of all, to begin a sentence with; nothing if it asks for nothing."""
    name = in_order(requests)[0]
    return "" if name == PODS else f"{needs(shape, name, requests[name])}; "


def _closed(nodes: list[NodeView], shape: Shape, requests: Amounts) -> Closed:
    """Which nodes would do, what they have, and why they take no pods at the moment."""
    name = in_order(requests)[0]
    return Closed(_asked(shape, requests), tuple(_node(node, name, shape) for node in nodes))


def _node(node: NodeView, name: str, shape: Shape) -> Node:
    taint = None if node.unusable else shape.constraints.untolerated(node.taints)
    has = "" if name == PODS else f" with {counted(name, node.potential.get(name, 0))}"
    return Node(node.name, has, node.unusable, taint.key if taint else "")


def _known(nodes: list[NodeView]) -> set[str]:
    return {name for node in nodes for name in node.potential}


def _lasting(node: NodeView) -> Iterable[Taint]:
    return (taint for taint in node.taints if not taint.key.startswith(PASSING))


def _outside_ranges(capacity: Capacity, shape: Shape, requests: Amounts, limits: Amounts) -> str:
    for one in capacity.ranges.get(shape.namespace, ()):
        where = f"LimitRange {one.name}"
        for name, most in one.most.items():
            amount = max(requests.get(name, 0), limits.get(name, 0))
            if amount > most:
                return f"asks for {counted(name, amount)}; {where} allows at most {render(name, most)}"
        for name, least in one.least.items():
            if requests.get(name, 0) < least:
                asked = render(name, requests.get(name, 0))
                return f"asks for {asked} {name}; {where} demands at least {render(name, least)}"
    return ""


def _beyond_quotas(capacity: Capacity, shape: Shape, requests: Amounts, limits: Amounts) -> str:
    for quota in capacity.quotas.get(shape.namespace, ()):
        where = f"ResourceQuota {quota.name}"
        charge = quota.charge(shape, requests, limits)
        if charge is None:
            continue
        missing = quota.missing(requests, limits)
        if missing:
            return f"{where} demands that every pod states {missing}; set it in the step's resources"
        for name, amount in charge.items():
            total = amount * shape.replicas
            if total > quota.hard[name]:
                return f"needs {counted(name, total)}; {where} allows {render(name, quota.hard[name])} in all"
    return ""


def _beyond_caps(capacity: Capacity, shape: Shape, requests: Amounts) -> str:
    for name, cap in (capacity.caps or {}).items():
        total = requests.get(name, 0) * shape.replicas
        if total > cap:
            return f"needs {counted(name, total)}; the operator's settings allow {render(name, cap)} in all"
    return ""


def _count(nodes: list[NodeView]) -> str:
    return "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"


def _constraints(shape: Shape) -> str:
    constraints = shape.constraints
    if constraints.node is not None:
        return f"the claim bound to node {constraints.node}"
    if constraints.selector:
        return "nodeSelector " + ",".join(f"{key}={value}" for key, value in constraints.selector)
    return "nodeAffinity"
