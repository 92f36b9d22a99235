"""Reservations: when and where something that does not fit now is expected to fit.

The rule is EASY backfilling (Lifka 1995; Mu'alem and Feitelson 2001), with one reservation for each scarce resource
instead of one in all, so that a backlog of one resource does not starve large steps that wait for another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge

from penstock.core.admission.feasibility import slots
from penstock.core.admission.room import Bin, Promise, Room
from penstock.core.admission.shapes import Amounts, Shape
from penstock.core.holders import Owner


@dataclass(frozen=True, slots=True)
class Reservation:
    """When a demand is expected to start, and where (number of pods by node)."""

    owner: Owner
    at: float
    nodes: dict[str, int]


def shortage(room: Room, shape: Shape) -> frozenset[tuple[str, str]]:
    """What the shape lacks now, as pairs of a resource and the bin that is short of it."""
    found: set[tuple[str, str]] = set()
    for pool, charge in room.pools(shape):
        found.update((name, pool.name) for name, amount in charge.items() if pool.free.get(name, 0) < amount)
    usable = [room.nodes[name] for name in room.usable(shape) or ()]
    requests, _ = room.capacity.stated(shape)
    if usable and room.on_nodes(shape, 0.0, shape.replicas) is None:
        wanted = [name for name, amount in requests.items() if amount]
        short = [
            name for name in wanted if sum(slots(node.free, {name: requests[name]}) for node in usable) < shape.replicas
        ]
        found.update((name, node.name) for name in short or wanted for node in usable)
    return frozenset(found)


def reserve(room: Room, shape: Shape, owner: Owner, least: float = 0.0) -> Reservation | None:
    """Reserves the earliest room expected for the shape; None if nobody knows when there will be any, or if there will
    be before `least`, so that it is not room that it waits for."""
    requests, _ = room.capacity.stated(shape)
    at = room.now
    for pool, charge in room.pools(shape):
        at = max(at, _earliest([pool], charge, 1, room.now))
    usable = [room.nodes[name] for name in room.usable(shape) or ()]
    if room.capacity.nodes is not None:
        at = max(at, _earliest(usable, requests, shape.replicas, room.now))
    if at == float("inf") or at < least:
        return None
    for pool, charge in room.pools(shape):
        _promise(pool, charge, 1, at, room.now, owner)
    chosen: dict[str, int] = {}
    left = shape.replicas
    roomy = [(slots(node.free_at(at, room.now), requests), node) for node in usable]
    for count, node in sorted(roomy, key=lambda pair: (-min(pair[0], shape.replicas), pair[1].name)):
        if left and count:
            chosen[node.name] = min(left, count)
            left -= chosen[node.name]
            _promise(node, requests, chosen[node.name], at, room.now, owner)
    return Reservation(owner, at, chosen)


def _earliest(bins: Iterable[Bin], charge: Amounts, pods: int, now: float) -> float:
    """When that many pods are expected to fit in the bins together."""
    several = list(bins)
    free = [dict(one.free) for one in several]
    count = [slots(one, charge) for one in free]
    total = sum(count)
    if total >= pods:
        return now
    streams = [_tagged(one, number, now) for number, one in enumerate(several)]
    for at, number, amounts in merge(*streams, key=lambda one: one[:2]):
        if at == float("inf"):
            break
        for name in charge:
            if name in amounts and name in free[number]:
                free[number][name] += amounts[name]
        total -= count[number]
        count[number] = slots(free[number], charge)
        total += count[number]
        if total >= pods:
            return at
    return float("inf")


def _tagged(one: Bin, number: int, now: float) -> Iterator[tuple[float, int, Amounts]]:
    return ((at, number, amounts) for at, _, amounts in one.releases(now))


def _promise(one: Bin, charge: Amounts, pods: int, at: float, now: float, owner: Owner) -> None:
    free = one.free_at(at, now)
    one.promises.append(
        Promise(at, {name: free[name] - amount * pods for name, amount in charge.items() if name in free}, owner)
    )
