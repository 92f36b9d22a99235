"""Each resource over time: what one Pipeline holds, what others do, what is foreign, and what there is in all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import Capacity, Holding
from penstock.core.admission.shapes import PODS
from penstock.core.asked.progress import Course, Progress
from penstock.core.foresight.timeline import totals

ALWAYS = ("cpu", "memory")
"""Resources that have a lane whether or not somebody asks for them; every device that a node has does, too."""
BOXES = 40
"""So many steps that are still to start have a box in a lane, and no more."""

Amounts = Mapping[str, int]
Name = tuple[str, str]
"""Namespace and name of a Pipeline."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Who holds how much at an instant, in milli-units by resource. `total`: None if nodes cannot be seen."""

    at: float
    total: Amounts | None
    pipelines: Mapping[Name, Amounts]
    own: Amounts
    """Of all Steps, those that stand alone included."""
    foreign: Amounts


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource; instants are seconds since 1970, amounts in its unit. `total`: null if nodes cannot be seen.

    `mine`: `[instant, amount]` from when the Pipeline began until it should end: what its steps held, hold and should
    hold. `past`: `[instant, total, others, foreign]`, as far as it was seen, in order; null for the total as above.
    `ahead`: `[instant, others]`, from now on, as what runs gives back. `boxes`: `[step, start, end, amount, reserved]`
    of steps that are to start, the earliest first; `reserved`: by a dated claim, else as foreseen.
    """

    resource: str
    total: float | None
    mine: Sequence[tuple[float, float]]
    past: Sequence[tuple[float, float | None, float, float]]
    ahead: Sequence[tuple[float, float]]
    boxes: Sequence[tuple[str, float, float, float, bool]]


def holds(capacity: Capacity, at: float) -> Holds:
    """Who holds what now."""
    pipelines: dict[Name, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    own: dict[str, int] = defaultdict(int)
    foreign: dict[str, int] = defaultdict(int)
    for one in holdings(capacity):
        mine = [own, pipelines[pipeline_of(one)]] if one.own else [foreign]
        for name, amount in one.requests.items():
            for into in mine:
                into[name] += amount
    return Holds(at, totals(capacity), {name: dict(held) for name, held in pipelines.items()}, dict(own), dict(foreign))


def lanes(
    namespace: str, capacity: Capacity, found: Progress, past: Sequence[Holds], reserved: Mapping[str, float]
) -> list[Lane]:
    """The lanes of a Pipeline whose progress is known. `past`: what was seen so far, the last of it now; `reserved`:
    from when steps that wait have a claim on what they need, by path."""
    me, now = (namespace, found.name), past[-1]
    return [
        Lane(
            resource,
            None if now.total is None else now.total.get(resource, 0) / MILLI,
            [(at, amount / MILLI) for at, amount in (found.uses[resource].steps if resource in found.uses else ())],
            [_seen(one, me, resource) for one in past],
            list(_ahead(capacity, me, resource, found.now)),
            list(_boxes(found, resource, reserved)),
        )
        for resource in _shown(now, found)
    ]


def _shown(now: Holds, found: Progress) -> list[str]:
    """The resources that have a lane: those that always have one, then devices that there are or that are asked for."""
    devices = {name for name, amount in (now.total or {}).items() if "/" in name and amount}
    return [*ALWAYS, *sorted(devices | {name for name in found.uses if name not in (*ALWAYS, PODS)})]


def _seen(one: Holds, me: Name, resource: str) -> tuple[float, float | None, float, float]:
    others = one.own.get(resource, 0) - one.pipelines.get(me, {}).get(resource, 0)
    total = None if one.total is None else one.total.get(resource, 0) / MILLI
    return one.at, total, others / MILLI, one.foreign.get(resource, 0) / MILLI


def _ahead(capacity: Capacity, me: Name, resource: str, now: float) -> Iterator[tuple[float, float]]:
    """What others hold from now on, if nothing of theirs comes after what runs."""
    ends: dict[float, int] = defaultdict(int)
    for one in holdings(capacity):
        amount = one.requests.get(resource, 0)
        if one.own and amount and pipeline_of(one) != me:
            ends[one.released(now)] += amount
    left = sum(ends.values())
    yield now, left / MILLI
    for end in sorted(ends):
        left -= ends[end]
        if end != float("inf"):
            yield end, left / MILLI


def _boxes(
    found: Progress, resource: str, reserved: Mapping[str, float]
) -> Iterator[tuple[str, float, float, float, bool]]:
    """Steps that are to start and ask for it."""
    coming = [one for one in found.steps if one.ran and not one.started and _asks(one, resource)]
    coming.sort(key=lambda one: (one.ran or (0.0, 0.0), one.activity.key))
    for one in coming[:BOXES]:
        assert one.ran is not None
        path = one.activity.key[2]
        start = reserved.get(path, one.ran[0])
        yield path, start, start + one.ran[1] - one.ran[0], _asks(one, resource) / MILLI, path in reserved


def _asks(one: Course, resource: str) -> int:
    shape = one.activity.shape
    return shape.requests.get(resource, 0) * shape.replicas if shape else 0


def holdings(capacity: Capacity) -> Iterable[Holding]:
    """All that is held, on nodes or on none yet."""
    for load in capacity.loads.values():
        yield from load.held
    yield from capacity.unplaced


def pipeline_of(one: Holding) -> Name:
    """The Pipeline of a Step, or the Step itself if it stands alone."""
    return one.owner.namespace, one.owner.name.partition("/")[0]
