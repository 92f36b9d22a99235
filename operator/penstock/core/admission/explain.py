"""What a step waits for, found in the room of a pass."""

from collections.abc import Iterator

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import JOBS, Holding
from penstock.core.admission.feasibility import feasibility, in_order, slots
from penstock.core.admission.limits import Limit, Places
from penstock.core.admission.reservations import Reservation
from penstock.core.admission.room import Bin, Room
from penstock.core.admission.shapes import PODS, Amounts, Shape
from penstock.core.causes import Behind, Cause, Held, Said, Short
from penstock.core.holders import Owner

_Part = tuple[Owner, int, float | None]
"""What an owner holds of a resource, and when it should be free."""


def short_of_pool(room: Room, shape: Shape) -> Cause:
    """Which quota or cap is short, and by how much; one of them must be."""
    pool, resource, needed = next(
        (pool, resource, charge[resource])
        for pool, charge in room.pools(shape)
        for resource in in_order(charge)
        if charge[resource] > pool.free.get(resource, 0)
    )
    free = max(0, pool.free.get(resource, 0))
    parts = _jobs(room, pool) if resource == JOBS else _parts(pool, resource, room.now)
    return Short(resource, needed, free, pool.total[resource], pool=pool.name, holders=_holders(parts))


def short_of_room(room: Room, shape: Shape, reservation: Reservation | None) -> Cause:
    """What no node has free now, who holds it and until when."""
    found = feasibility(room.capacity, shape)
    nodes = [room.nodes[name] for name in room.usable(shape) or ()]
    closed = found.never or found.now
    if closed:
        return closed
    if not nodes:
        return Said(f"its claim is in use on node {room.claims.get(shape.claim, '')}, which cannot take its pods now")
    requests, _ = room.capacity.stated(shape)
    resource = _scarcest(nodes, requests, shape.replicas)
    needed = requests[resource]
    free = [max(0, node.free.get(resource, 0)) for node in nodes]
    most: int | None = None
    besides: tuple[str, ...] = ()
    if shape.replicas == 1 and sum(free) >= needed:
        most = max(free)
        if most >= needed:
            besides = tuple(other for other in in_order(requests) if other not in (resource, PODS))
    return Short(
        resource,
        needed,
        sum(free),
        sum(node.total.get(resource, 0) for node in nodes),
        shape.replicas,
        most=most,
        besides=besides,
        holders=_holders(part for node in nodes for part in _parts(node, resource, room.now)),
        reserved=reservation.at if reservation else None,
    )


def _scarcest(nodes: list[Bin], requests: Amounts, pods: int) -> str:
    names = in_order(requests)
    for name in names:
        if sum(slots(node.free, {name: requests[name]}) for node in nodes) < pods:
            return name
    return names[0]


def _parts(one: Bin, resource: str, now: float) -> Iterator[_Part]:
    for holding, amounts in one.held:
        if amounts.get(resource):
            yield holding.owner, amounts[resource], _end(holding, now)
    for end, amounts, owner in one.taken:
        if amounts.get(resource):
            yield owner, amounts[resource], end


def _end(one: Holding, now: float) -> float | None:
    return None if one.end is None else one.released(now)


def _jobs(room: Room, pool: Bin) -> Iterator[_Part]:
    """Whose Jobs a quota counts that counts them: also those that have ended, for as long as they are there."""
    assert pool.quota is not None
    namespace = pool.quota.namespace
    live = (one for one in room.holdings() if one.own and one.shape.namespace == namespace)
    yield from {one.owner: (one.owner, MILLI, _end(one, room.now)) for one in live}.values()
    yield from ((owner, MILLI, end) for end, _, owner in pool.taken)
    yield from ((owner, MILLI, None) for owner in room.capacity.idle_jobs.get(namespace, ()))


def _holders(parts: Iterator[_Part]) -> tuple[Held, ...]:
    """The parts of each owner together, those first who are expected to give theirs back first."""
    found: dict[Owner, Held] = {}
    for owner, amount, until in parts:
        known = found.get(owner)
        if known is not None:
            ends = [end for end in (known.until, until) if end is not None]
            amount, until = known.amount + amount, min(ends, default=None)
        found[owner] = Held(owner, amount, until)
    return tuple(sorted(found.values(), key=_order))


def _order(one: Held) -> tuple[bool, float, Owner]:
    return one.until is None, one.until or 0.0, one.owner


def behind(room: Room, shape: Shape) -> Cause:
    """Whose reservation it would take from, and when that is."""
    bins = [pool for pool, _ in room.pools(shape)] + [room.nodes[name] for name in room.usable(shape) or ()]
    promises = [promise for one in bins for promise in one.promises]
    if not promises:
        return Said("it would take from a reservation")
    first = min(promises, key=lambda promise: (promise.at, promise.holder))
    return Behind(first.holder, first.at)


def no_place(limit: Limit, taken: Places) -> Cause:
    """Which limit of its own Pipeline it waits for."""
    level = limit.bound[2]
    if level:
        return Said(f"{limit.most} instances of {level!r} are active, as many as forEach.maxParallel allows")
    return Said(f"{taken.count(limit.bound)} steps run, as many as spec.parallelism allows")
