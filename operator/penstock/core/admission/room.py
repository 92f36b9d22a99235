"""What is free during one pass of admission: nodes and pools, what is promised on them, and when they come free."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import EMPTY, JOBS, Capacity, Holding, Quota, add
from penstock.core.admission.feasibility import feasibility, slots
from penstock.core.admission.shapes import Amounts, Shape
from penstock.core.holders import Owner

Release = tuple[float, int, Amounts]
"""When something is expected to come free, a tie-breaker, and what."""


@dataclass(slots=True)
class Promise:
    """What will be left of a bin at an instant once a reservation has taken its part."""

    at: float
    spare: dict[str, int]
    holder: Owner


@dataclass(slots=True)
class Bin:
    """Something with room: a node, a quota or the caps."""

    name: str
    free: dict[str, int]
    total: Amounts
    quota: Quota | None = None
    held: list[tuple[Holding, Amounts]] = field(default_factory=list)
    taken: list[tuple[float, Amounts, Owner]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)

    def fitting(self, charge: Amounts, end: float) -> int:
        """How many such pods fit now without taking from a reservation what they would not give back in time."""
        found = slots(self.free, charge)
        for promise in self.promises:
            if found and end > promise.at:
                shared = {name: amount for name, amount in charge.items() if name in promise.spare}
                found = min(found, slots(promise.spare, shared))
        return found

    def take(self, charge: Amounts, pods: int, end: float, owner: Owner) -> None:
        """Takes room for pods until an instant."""
        for name, amount in charge.items():
            if name in self.free:
                self.free[name] -= amount * pods
        self.taken.append((end, charge if pods == 1 else {n: a * pods for n, a in charge.items()}, owner))
        for promise in self.promises:
            if end > promise.at:
                for name in promise.spare:
                    promise.spare[name] -= charge.get(name, 0) * pods

    def releases(self, now: float) -> Iterator[Release]:
        """What comes free, soonest first. `held` is in the order of ends, so that only the overdue are sorted."""
        overdue: list[Release] = []
        for one, amounts in self.held:
            if one.end is None or one.end > now:
                break
            overdue.append((one.released(now), len(overdue), amounts))
        rest = self._to_come(len(overdue))
        if not overdue and not self.taken:
            return rest
        taken = sorted((end, -1 - number, amounts) for number, (end, amounts, _) in enumerate(self.taken))
        return merge(sorted(overdue, key=_when), rest, taken, key=_when)

    def _to_come(self, first: int) -> Iterator[Release]:
        for number, (one, amounts) in enumerate(islice(self.held, first, None), first):
            if one.end is None:
                break
            yield one.end, number, amounts

    def free_at(self, instant: float, now: float) -> dict[str, int]:
        """What is expected to be free at an instant."""
        free = dict(self.free)
        for at, _, amounts in self.releases(now):
            if at > instant:
                break
            for name, amount in amounts.items():
                if name in free:
                    free[name] += amount
        return free


def _when(release: Release) -> tuple[float, int]:
    return release[0], release[1]


class Room:
    """The room of one pass."""

    def __init__(self, capacity: Capacity, now: float) -> None:
        self.capacity = capacity
        self.now = now
        self.nodes: dict[str, Bin] = {}
        self.claims: dict[str, str] = {}
        self._pools: dict[str, list[Bin]] = {}
        self._caps: Bin | None = None
        self._charges: dict[Shape, list[tuple[Bin, Amounts]]] = {}
        self._open: dict[Shape, tuple[deque[Bin], deque[Bin]]] = {}
        for name, node in (capacity.nodes or {}).items():
            load = capacity.loads.get(name, EMPTY)
            free = dict(node.allocatable)
            for resource, amount in load.total.items():
                if resource in free:
                    free[resource] -= amount
            self.nodes[name] = Bin(name, free, node.allocatable, held=load.pairs)
        for name, load in capacity.loads.items():
            for claim in load.claims:
                self.claims[claim] = name
        for holding in capacity.unplaced:
            self._assume(holding)

    def _assume(self, holding: Holding) -> None:
        """Puts pods that kube-scheduler has not placed where they fit; what fits nowhere holds nothing."""
        end = holding.released(self.now)
        preferred = [name for name in holding.hint if name in (self.usable(holding.shape) or ())]
        placed = self._best(holding.shape, end, holding.pods, preferred) if preferred else None
        placed = placed or self.on_nodes(holding.shape, end, holding.pods) or {}
        for name, pods in placed.items():
            node = self.nodes[name]
            node.take(holding.shape.requests, pods, end, holding.owner)
            for claim in holding.claims:
                self.claims.setdefault(claim, name)

    # --- nodes ----------------------------------------------------------------------------------------------------

    def usable(self, shape: Shape) -> tuple[str, ...] | None:
        """Nodes that may take its pods, a claim that is in use somewhere taken into account."""
        found = feasibility(self.capacity, shape).usable
        if found is None or not shape.claim or shape.claim not in self.claims:
            return found
        return tuple(name for name in found if name == self.claims[shape.claim])

    def on_nodes(self, shape: Shape, end: float, pods: int) -> dict[str, int] | None:
        """Where that many pods fit: number by node, empty if nodes are not known; None if they do not fit.

        Pods that ask for an extended resource go where they leave the least of it; others take turns over the nodes,
        those without extended resources first.
        """
        if self.capacity.nodes is None:
            return {}
        requests, _ = self.capacity.stated(shape)
        if pods > 1 or shape.extended or shape.claim:
            return self._best(shape, end, pods, self.usable(shape) or ())
        for queue in self._queues(shape):
            for _ in range(len(queue)):
                node = queue.popleft()
                if slots(node.free, requests):
                    queue.append(node)
                    if node.fitting(requests, end):
                        return {node.name: 1}
        return None

    def _queues(self, shape: Shape) -> tuple[deque[Bin], deque[Bin]]:
        queues = self._open.get(shape)
        if queues is None:
            usable = [self.nodes[name] for name in self.usable(shape) or ()]
            special = [node for node in usable if any("/" in name for name in node.total)]
            plain = [node for node in usable if not any("/" in name for name in node.total)]
            queues = self._open[shape] = (deque(plain), deque(special))
        return queues

    def _best(self, shape: Shape, end: float, pods: int, among: Iterable[str]) -> dict[str, int] | None:
        requests, _ = self.capacity.stated(shape)
        scarce = shape.extended or tuple(name for name in ("cpu", "memory") if requests.get(name))
        found: list[tuple[list[int], str, int]] = []
        for name in among:
            node = self.nodes[name]
            fitting = node.fitting(requests, end)
            if fitting:
                found.append(([node.free.get(resource, 0) for resource in scarce], name, fitting))
        chosen: dict[str, int] = {}
        # A gang takes the nodes that hold most of it, so that it spans few; a single pod the fullest that will do.
        for _, name, fitting in sorted(found, key=lambda one: (-min(one[2], pods), one[0], one[1])):
            chosen[name] = min(fitting, pods)
            pods -= chosen[name]
            if not pods:
                return chosen
        return None

    # --- pools ----------------------------------------------------------------------------------------------------

    def pools(self, shape: Shape) -> list[tuple[Bin, Amounts]]:
        """Quotas and caps that count the shape, each with what it counts for all its pods together."""
        known = self._charges.get(shape)
        if known is not None:
            return known
        requests, limits = self.capacity.stated(shape)
        found: list[tuple[Bin, Amounts]] = []
        for pool in self._quotas(shape.namespace):
            assert pool.quota is not None
            per_pod = pool.quota.charge(shape, requests, limits)
            if per_pod is not None:
                charge = {name: amount * shape.replicas for name, amount in per_pod.items()}
                if JOBS in pool.quota.hard:
                    charge[JOBS] = MILLI
                found.append((pool, charge))
        if self.capacity.caps is not None:
            caps = self.capacity.caps
            found.append((self.caps, {n: a * shape.replicas for n, a in requests.items() if n in caps}))
        self._charges[shape] = found
        return found

    def _quotas(self, namespace: str) -> list[Bin]:
        known = self._pools.get(namespace)
        if known is None:
            known = self._pools[namespace] = list(map(self._quota_bin, self.capacity.quotas.get(namespace, ())))
        return known

    def _quota_bin(self, quota: Quota) -> Bin:
        pool = Bin(f"ResourceQuota {quota.name}", dict(quota.hard), quota.hard, quota)
        add(pool.free, quota.used, -1)
        for holding in self.holdings():
            if holding.shape.namespace != quota.namespace:
                continue
            if not holding.charged:  # the quota may not have seen the Job either
                add(pool.free, {JOBS: MILLI}, -1)
            charge = quota.charge(holding.shape, *self.capacity.stated(holding.shape))
            if charge:
                charge = {name: amount * holding.pods for name, amount in charge.items()}
                if not holding.charged:
                    add(pool.free, charge, -1)
                pool.held.append((holding, charge))
        pool.held.sort(key=lambda pair: (pair[0].end is None, pair[0].end or 0.0))
        return pool

    @property
    def caps(self) -> Bin:
        """The operator's own caps, which count what Penstock's pods hold."""
        if self._caps is None:
            caps = self.capacity.caps or {}
            self._caps = Bin("the operator's cap", dict(caps), caps)
            for holding in self.holdings():
                if holding.own:
                    held = {n: a * holding.pods for n, a in holding.shape.requests.items() if n in caps}
                    add(self._caps.free, held, -1)
                    self._caps.held.append((holding, held))
            self._caps.held.sort(key=lambda pair: (pair[0].end is None, pair[0].end or 0.0))
        return self._caps

    def holdings(self) -> Iterator[Holding]:
        """Whatever holds room, placed or not."""
        for load in self.capacity.loads.values():
            yield from load.held
        yield from self.capacity.unplaced

    # --- together -------------------------------------------------------------------------------------------------

    def fit(self, shape: Shape, end: float, wanted: Sequence[str] = ()) -> dict[str, int] | None:
        """Where all pods of the shape fit until an instant, all or nothing; None if they do not. `wanted`: nodes that
        are taken if all fit there."""
        for pool, charge in self.pools(shape):
            if not pool.fitting(charge, end):
                return None
        found = self.fit_on(wanted, shape, end) if wanted else None
        return self.on_nodes(shape, end, shape.replicas) if found is None else found

    def fit_on(self, nodes: Iterable[str], shape: Shape, end: float) -> dict[str, int] | None:
        """Where on these nodes all pods of the shape fit until an instant; None if they do not."""
        usable = self.usable(shape) or ()
        return self._best(shape, end, shape.replicas, [name for name in nodes if name in usable])

    def take(self, shape: Shape, nodes: Mapping[str, int], end: float, owner: Owner) -> None:
        """Takes the room that `fit` found."""
        requests, _ = self.capacity.stated(shape)
        for name, pods in nodes.items():
            self.nodes[name].take(requests, pods, end, owner)
        for pool, charge in self.pools(shape):
            pool.take(charge, 1, end, owner)
        if shape.claim and nodes:
            self.claims.setdefault(shape.claim, next(iter(nodes)))
