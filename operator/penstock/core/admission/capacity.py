"""What the cluster has, and who holds it: one frozen snapshot that admission decides from.

Nothing here is counted up and down: loads are sums over the pods and Jobs that exist. Amounts are milli-units.
What is not known (no access to nodes, no quota, no caps) limits nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from penstock.api.quantities import MILLI
from penstock.core.admission.shapes import PODS, Amounts, Shape, Taint
from penstock.core.holders import Owner

JOBS = "count/jobs.batch"
"""What a ResourceQuota calls the number of Jobs."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node. `potential` is what it has when all its devices are healthy: no less than allocatable."""

    name: str
    allocatable: Amounts
    potential: Amounts
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unusable: str = ""
    """Why it takes no pods now (`cordoned`, `not ready`); empty if it does."""


def expected_end(start: float, estimate: float, now: float) -> float:
    """When something should end that began at `start`. What is overdue gets a quarter of its age more, at least 1 s."""
    return estimate if estimate > now else now + max(1.0, 0.25 * (now - start))


@dataclass(frozen=True, slots=True)
class Holding:
    """What a pod holds, or a Job whose pods have not been seen (`pods` of them, on no node yet).

    `end` is the estimate of when it gives it back; None if nobody knows. `own`: Penstock's, else foreign.
    `charged`: the namespace's ResourceQuota counts it already.
    """

    owner: Owner
    shape: Shape
    node: str | None = None
    start: float = 0.0
    end: float | None = None
    own: bool = True
    charged: bool = True
    pods: int = 1
    claims: tuple[str, ...] = ()
    hint: tuple[str, ...] = ()
    """Nodes that its pods prefer, since admission chose them; kube-scheduler follows it unless they are full."""

    @property
    def requests(self) -> Amounts:
        """What all its pods hold together."""
        if self.pods == 1:
            return self.shape.requests
        return {name: amount * self.pods for name, amount in self.shape.requests.items()}

    def released(self, now: float) -> float:
        """When it is expected to be free."""
        return float("inf") if self.end is None else expected_end(self.start, self.end, now)


@dataclass(frozen=True, slots=True)
class Load:
    """What the pods on one node hold. `held` is in the order of their ends, unknown ones last."""

    held: tuple[Holding, ...] = ()
    total: Amounts = field(default_factory=dict)
    own: Amounts = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    pairs: list[tuple[Holding, Amounts]] = field(default_factory=list, compare=False, repr=False)
    """Each of `held` with what its pods on this node request together."""

    @classmethod
    def of(cls, holdings: Iterable[Holding]) -> "Load":
        """The load that these holdings make together."""
        held = sorted(holdings, key=lambda one: (one.end is None, one.end or 0.0, one.owner))
        total: dict[str, int] = {}
        own: dict[str, int] = {}
        for one in held:
            add(total, one.shape.requests, one.pods)
            if one.own:
                add(own, one.shape.requests, one.pods)
        claims = tuple(sorted({claim for one in held for claim in one.claims}))
        return cls(tuple(held), total, own, claims, [(one, one.requests) for one in held])


EMPTY = Load()


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """A condition of a quota on the pods that it counts, as corev1.ScopedResourceSelectorRequirement."""

    scope: str
    operator: str = "Exists"
    values: tuple[str, ...] = ()

    def counts(self, shape: Shape, requests: Amounts) -> bool:
        """Whether a pod of that shape is in scope."""
        match self.scope:
            case "Terminating":
                return shape.deadline
            case "NotTerminating":
                return not shape.deadline
            case "BestEffort" | "NotBestEffort":
                best_effort = not any(a for name, a in requests.items() if name != PODS) and not shape.limits
                return best_effort == (self.scope == "BestEffort")
            case "PriorityClass":
                return self._class_matches(shape.priority_class)
            case _:
                return False

    def _class_matches(self, name: str) -> bool:
        match self.operator:
            case "In":
                return name in self.values
            case "NotIn":
                return name not in self.values
            case "DoesNotExist":
                return not name
            case _:
                return bool(name)


@dataclass(frozen=True, slots=True)
class Quota:
    """A ResourceQuota: what it allows in all and what its status says is used."""

    namespace: str
    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[ScopeRule, ...] = ()

    def charge(self, shape: Shape, requests: Amounts, limits: Amounts) -> dict[str, int] | None:
        """What it counts for one pod of that shape, by its own names; None if it does not count such pods."""
        if not all(rule.counts(shape, requests) for rule in self.scopes):
            return None
        found: dict[str, int] = {}
        for name in self.hard:
            if name in (PODS, "count/pods"):
                found[name] = MILLI
            elif name.startswith("limits."):
                found[name] = limits.get(name.removeprefix("limits."), 0)
            elif not name.startswith("count/"):
                found[name] = requests.get(name.removeprefix("requests."), 0)
        return {name: amount for name, amount in found.items() if amount}

    def missing(self, requests: Amounts, limits: Amounts) -> str | None:
        """What every pod must state because the quota limits it (cpu and memory), and this one does not."""
        for name in self.hard:
            kind, _, resource = name.rpartition(".")
            stated = limits if kind == "limits" else requests
            if resource in ("cpu", "memory") and kind in ("", "limits", "requests") and resource not in stated:
                return f"{kind or 'requests'}.{resource}"
        return None


@dataclass(frozen=True, slots=True)
class Range:
    """The part of a LimitRange that is about containers."""

    namespace: str
    name: str
    default: Amounts = field(default_factory=dict)
    default_request: Amounts = field(default_factory=dict)
    least: Amounts = field(default_factory=dict)
    most: Amounts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capacity:
    """One snapshot. `nodes` is None if nodes cannot be seen; `caps` limit what Penstock's own pods hold together."""

    nodes: Mapping[str, NodeView] | None = None
    loads: Mapping[str, Load] = field(default_factory=dict)
    unplaced: tuple[Holding, ...] = ()
    quotas: Mapping[str, tuple[Quota, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[Range, ...]] = field(default_factory=dict)
    caps: Amounts | None = None
    memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """Cache of pure functions of nodes, ranges, caps and what quotas allow in all; shared while these stay the same."""
    idle_jobs: Mapping[str, tuple[Owner, ...]] = field(default_factory=dict)
    """By namespace, if a quota counts Jobs there: Jobs that hold nothing but their number, such as those that ended."""

    @classmethod
    def of(
        cls,
        nodes: Iterable[NodeView] | None = None,
        holdings: Iterable[Holding] = (),
        quotas: Iterable[Quota] = (),
        ranges: Iterable[Range] = (),
        caps: Amounts | None = None,
    ) -> "Capacity":
        """The snapshot made of these objects."""
        placed: dict[str, list[Holding]] = {}
        unplaced: list[Holding] = []
        for one in holdings:
            if one.node is None:
                unplaced.append(one)
            else:
                placed.setdefault(one.node, []).append(one)
        return cls(
            None if nodes is None else {node.name: node for node in sorted(nodes, key=lambda node: node.name)},
            {name: Load.of(held) for name, held in placed.items()},
            tuple(unplaced),
            by_namespace(quotas),
            by_namespace(ranges),
            caps,
        )

    @property
    def unknown(self) -> bool:
        """Whether nothing is known that could limit anything."""
        return self.nodes is None and not self.quotas and self.caps is None

    def stated(self, shape: Shape) -> tuple[Amounts, Amounts]:
        """Requests and limits of one pod once the namespace's LimitRanges have filled in their defaults."""
        ranges = self.ranges.get(shape.namespace)
        if not ranges:
            return shape.requests, shape.limits
        limits = dict(shape.limits)
        requests = dict(shape.requests)
        for one in ranges:
            for name, amount in one.default.items():
                limits.setdefault(name, amount)
            for name, amount in one.default_request.items():
                requests.setdefault(name, amount)
        return requests, limits


class _Namespaced(Protocol):
    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Namespaced)


def by_namespace(found: Iterable[T]) -> dict[str, tuple[T, ...]]:
    """Quotas or ranges by namespace, in the order of their names."""
    grouped: dict[str, tuple[T, ...]] = {}
    for one in sorted(found, key=lambda one: one.name):
        grouped[one.namespace] = (*grouped.get(one.namespace, ()), one)
    return grouped


def add(total: dict[str, int], amounts: Amounts, times: int = 1) -> None:
    """Adds amounts to a total, in place."""
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + amount * times
