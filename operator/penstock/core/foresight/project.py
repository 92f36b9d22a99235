"""A workload in the terms of project scheduling: numbered activities, precedence both ways, room as packed numbers.

What a node has free at an instant is one integer: a field of bits for each resource, topped by a guard bit that is set.
Taking a vector of amounts is a subtraction, and it fits if no guard bit of what it asks for has been borrowed from. One
operation in place of one for each resource is what makes a schedule cheap, and so many of them possible.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from penstock.core.admission.capacity import Capacity, Holding
from penstock.core.admission.demands import Key
from penstock.core.admission.feasibility import feasibility
from penstock.core.admission.shapes import Amounts, Shape
from penstock.core.foresight.activities import Activity, Workload

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Demanded:
    """What an activity takes: `pods` times `vector`, whose guard bits are `guards`, on some of the nodes `usable`."""

    vector: int
    guards: int
    pods: int
    usable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Room that is taken from the beginning until an instant, in seconds."""

    node: int
    until: float
    amount: int


@dataclass(frozen=True, slots=True)
class Project:
    """Activities 0 to n-1 in an order of precedence, barriers of many to many among them as activities of no time.

    `keys`: whose activity each is, None for a barrier. `demands`: None for what takes no room. `free`: the nodes when
    nothing is held but what is never given back. Times are in seconds from the beginning.
    """

    keys: tuple[Key | None, ...]
    durations: tuple[float, ...]
    releases: tuple[float, ...]
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]
    demands: tuple[Demanded | None, ...]
    nodes: tuple[str, ...]
    """Their names; an empty one if nodes are not known."""
    free: tuple[int, ...]
    held: tuple[Held, ...]

    def __len__(self) -> int:
        return len(self.keys)


def project(workload: Workload, capacity: Capacity, began: float) -> Project:
    """The project of a workload, without what never fits. `began`: the instant from which times count, in seconds.

    Quotas, caps, `parallelism` and `maxParallel` are not part of it: admission keeps them when a plan is carried out.
    """
    room = _Room(workload, capacity, began)
    demands = {one.key: room.demanded(one.shape) for one in workload.activities if one.shape}
    here = [one for one in workload.activities if not one.shape or demands[one.key]]
    network = _Network(here, workload.barriers)
    numbers = network.in_order()
    place = {old: new for new, old in enumerate(numbers)}
    lasting = [one for one in here if one.duration > 0]
    taking = {one.key: demands.get(one.key) for one in lasting}
    real = [here[old] if old < len(here) else None for old in numbers]
    return Project(
        tuple(one.key if one else None for one in real),
        tuple(max(0.0, one.duration) if one else 0.0 for one in real),
        tuple(one.release if one else 0.0 for one in real),
        tuple(tuple(sorted(place[other] for other in network.before[old])) for old in numbers),
        tuple(tuple(sorted(place[other] for other in network.after[old])) for old in numbers),
        tuple(taking.get(one.key) if one else None for one in real),
        tuple(room.places),
        tuple(room.free),
        tuple(room.held),
    )


class _Room:
    """The nodes, or one that has what the caps allow, with amounts in the largest units that all are multiples of."""

    def __init__(self, workload: Workload, capacity: Capacity, began: float) -> None:
        self.capacity = capacity
        self.requests: dict[Shape, Amounts] = {}
        asked: dict[str, int] = defaultdict(int)
        self.units: dict[str, int] = defaultdict(int)
        for one in workload.activities:
            if one.shape:
                requests = self.requests.setdefault(one.shape, capacity.stated(one.shape)[0])
                for name, amount in requests.items():
                    asked[name] += amount * one.shape.replicas
                    self.units[name] = gcd(self.units[name], amount)
        nodes = self._nodes()
        self.places = {name: number for number, (name, _) in enumerate(nodes)}
        holdings = [(name, one) for name in self.places for one in _held(capacity, name)]
        for _, holding in holdings:
            for name in self.units:
                asked[name] += holding.requests.get(name, 0)
                self.units[name] = gcd(self.units[name], holding.requests.get(name, 0))
        # What there is enough of for everything at once limits nothing. Extended resources are the highest fields, so
        # that a node with less of them is less as a number.
        self.names = [
            name
            for name in sorted(asked, key=lambda name: ("/" in name, name))
            if asked[name] and any(name in there and there[name] < asked[name] for _, there in nodes)
        ]
        self.widths = {name: (asked[name] // self.units[name]).bit_length() + 1 for name in self.names}
        self.free = [self._packed(there, capped=asked) + self._guards(self.names) for _, there in nodes]
        self.held = []
        for at, holding in holdings:
            taken = Held(self.places[at], holding.released(began) - began, self._packed(holding.requests))
            if taken.until == NEVER:
                self.free[taken.node] -= taken.amount
            elif taken.until > 0 and taken.amount:
                self.held.append(taken)

    def _nodes(self) -> list[tuple[str, Mapping[str, int]]]:
        asked = {name for requests in self.requests.values() for name in requests}
        if self.capacity.nodes is None:
            return [("", {name: amount for name, amount in (self.capacity.caps or {}).items() if name in asked})]
        return [
            (name, {one: node.allocatable.get(one, 0) for one in asked if one != "pods" or one in node.allocatable})
            for name, node in self.capacity.nodes.items()
        ]

    def _packed(self, amounts: Amounts, capped: Mapping[str, int] | None = None) -> int:
        """Amounts side by side. What a node has not stated, or more than all that is ever asked, is that."""
        packed, offset = 0, 0
        for name in self.names:
            amount = amounts.get(name, 0)
            if capped is not None:
                amount = min(amounts.get(name, capped[name]), capped[name])
            packed += (amount // self.units[name]) << offset
            offset += self.widths[name]
        return packed

    def _guards(self, names: Iterable[str]) -> int:
        wanted, offset, guards = set(names), 0, 0
        for name in self.names:
            offset += self.widths[name]
            if name in wanted:
                guards |= 1 << (offset - 1)
        return guards

    def demanded(self, shape: Shape) -> Demanded | None:
        """What it takes; None if it never fits, not even once all is given back that ever will be."""
        found = feasibility(self.capacity, shape)
        usable = [0] if found.usable is None else [self.places[name] for name in found.usable]
        requests = self.requests[shape]
        guards = self._guards(name for name, amount in requests.items() if amount)
        vector = self._packed(requests)
        if (
            found.never
            or sum(slots(self.free[node], vector, guards, shape.replicas) for node in usable) < shape.replicas
        ):
            return None
        return Demanded(vector, guards, shape.replicas, tuple(usable))


def _held(capacity: Capacity, node: str) -> Sequence[Holding]:
    load = capacity.loads.get(node)
    return load.held if load else ()


def slots(free: int, vector: int, guards: int, most: int) -> int:
    """How many times, up to `most`, a vector fits in what is free."""
    count = 0
    while count < most and (free - vector) & guards == guards:
        free -= vector
        count += 1
    return count


class _Network:
    """Precedence between activities by number; a barrier with many on both sides is one more, after them."""

    def __init__(self, here: Sequence[Activity], barriers: Mapping[str, Sequence[Key]]) -> None:
        numbers = {one.key: number for number, one in enumerate(here)}
        members = {name: [numbers[key] for key in keys if key in numbers] for name, keys in barriers.items()}
        dependents: dict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(here):
            for name in one.after:
                dependents[name].append(number)
        total = len(here)
        edges: list[tuple[int, int]] = []
        for name, those in dependents.items():
            if len(members[name]) > 1 and len(those) > 1:
                edges += [(one, total) for one in members[name]] + [(total, other) for other in those]
                total += 1
            else:
                edges += [(one, other) for one in members[name] for other in those]
        self.before: list[set[int]] = [set() for _ in range(total)]
        self.after: list[set[int]] = [set() for _ in range(total)]
        for early, late in edges:
            self.before[late].add(early)
            self.after[early].add(late)

    def in_order(self) -> list[int]:
        """All numbers, each after those that it waits for."""
        open_needs = [len(those) for those in self.before]
        found = [number for number, count in enumerate(open_needs) if not count]
        for number in found:
            for other in sorted(self.after[number]):
                open_needs[other] -= 1
                if not open_needs[other]:
                    found.append(other)
        return found
