"""Sentences with numbers about why a step waits."""

from penstock.api.quantities import render
from penstock.core.clock import stamp
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.feasibility import feasibility, in_order, needs, slots
from penstock.core.scheduling.limits import Limit, Places
from penstock.core.scheduling.reservations import Reservation
from penstock.core.scheduling.room import Bin, Room
from penstock.core.scheduling.shapes import PODS, Amounts, Shape

NAMED = 2
"""So many of those who hold what is missing are named."""

SOON = 600.0
"""Instants that are fewer seconds away are given to the second."""


def clock(at: float, now: float) -> str:
    """The time of day of an instant in UTC: to the second if it is soon, with the date unless it is within a day."""
    text = stamp(at)
    if 0 <= at - now < SOON:
        return f"{text[11:19]} UTC"
    return f"{text[11:16]} UTC" if 0 <= at - now < 86400 else f"{text[:10]} {text[11:16]} UTC"


def short_of_pool(room: Room, shape: Shape) -> str:
    """Which quota or cap is short, and by how much; empty if none is."""
    for pool, charge in room.pools(shape):
        for name in in_order(charge):
            free = max(0, pool.free.get(name, 0))
            if charge[name] > free:
                left = f"{pool.name} has {render(name, free)} of {render(name, pool.total[name])} left"
                return f"needs {render(name, charge[name])} {name}, {left}{_holders([pool], name, room.now)}"
    return ""


def short_of_room(room: Room, shape: Shape, reservation: Reservation | None) -> str:
    """What no node has free now, who holds it and until when."""
    found = feasibility(room.capacity, shape)
    nodes = [room.nodes[name] for name in room.usable(shape) or ()]
    if found.never or found.now:
        return found.never or found.now
    if not nodes:
        return f"its claim is in use on node {room.claims.get(shape.claim, '')}, which cannot take its pods now"
    requests, _ = room.capacity.stated(shape)
    name = _scarcest(nodes, requests, shape.replicas)
    free = [max(0, node.free.get(name, 0)) for node in nodes]
    total = sum(node.total.get(name, 0) for node in nodes)
    text = f"{needs(shape, name, requests[name])}, {render(name, sum(free))} of {render(name, total)} free"
    if shape.replicas == 1 and sum(free) >= requests[name]:
        text += f", at most {render(name, max(free))} on one node"
        if max(free) >= requests[name]:
            others = ", ".join(other for other in in_order(requests) if other not in (name, PODS))
            text += f", where {others} is short" if others else ""
    text += _holders(nodes, name, room.now)
    if reservation:
        text += f"; reserved from about {clock(reservation.at, room.now)}"
    return text


def _scarcest(nodes: list[Bin], requests: Amounts, pods: int) -> str:
    names = in_order(requests)
    for name in names:
        if sum(slots(node.free, {name: requests[name]}) for node in nodes) < pods:
            return name
    return names[0]


def _holders(bins: list[Bin], name: str, now: float) -> str:
    """Who holds a resource there, those first who are expected to give it back first."""
    ends: dict[str, float] = {}
    for one in bins:
        for holding, amounts in one.held:
            if amounts.get(name):
                _note(ends, holding.owner, holding.released(now))
        for end, amounts, owner in one.taken:
            if amounts.get(name):
                _note(ends, owner, end)
    if not ends:
        return ""
    order = sorted(ends, key=lambda owner: (ends[owner], owner))
    known = [f"{who} until about {clock(ends[who], now)}" if ends[who] < 1e15 else who for who in order[:NAMED]]
    more = f" and {len(order) - NAMED} more" if len(order) > NAMED else ""
    return f"; held by {', '.join(known)}{more}"


def _note(ends: dict[str, float], owner: str, end: float) -> None:
    ends[owner] = min(end, ends.get(owner, end))


def behind(room: Room, shape: Shape) -> str:
    """Whose reservation it would take from, and when that is."""
    bins = [pool for pool, _ in room.pools(shape)] + [room.nodes[name] for name in room.usable(shape) or ()]
    promises = [promise for one in bins for promise in one.promises]
    if not promises:
        return "it would take from a reservation"
    first = min(promises, key=lambda promise: (promise.at, promise.holder))
    return (
        f"there is room, but it would not end before about {clock(first.at, room.now)}, "
        f"when {first.holder}, which goes first, is to start with it"
    )


def never_fits(capacity: Capacity, shape: Shape) -> str:
    """Why it cannot run even when all is idle; empty if it can."""
    return feasibility(capacity, shape).never


def no_place(limit: Limit, taken: Places) -> str:
    """Which limit of its own Pipeline it waits for."""
    level = limit.bound[2]
    if level:
        return f"{limit.most} instances of {level!r} are active, as many as forEach.maxParallel allows"
    return f"{taken.count(limit.bound)} steps run, as many as spec.parallelism allows"


def kept(holder: str, at: float, now: float) -> str:
    """Whose place it would take."""
    return (
        f"there is room, but it would not end before about {clock(at, now)}, when {holder}, which goes first, is to "
        "have the last place that the limits of its Pipeline leave"
    )
