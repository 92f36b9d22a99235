"""An answer to why a step stands as it does, as data: what `penstock why -o json` prints, and what the page is told."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from penstock.api.quantities import render
from penstock.core.asked.why import Answer
from penstock.core.causes import Held, Short
from penstock.core.clock import stamp
from penstock.core.wording import Reader


@dataclass(frozen=True, slots=True)
class HolderData:
    """Who holds a part of what is short: its kind (`Step`, `Pod`, `Job`), how much, and until when if that is known."""

    kind: str
    namespace: str
    name: str
    amount: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class HiddenData:
    """What so many hold in namespaces that the reader may not see, and when the first should give it back."""

    holders: int
    amount: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class ShortData:
    """What is short, with amounts as Kubernetes writes them. `limit`: the quota or cap, None for the nodes; `reserved`:
    from when there is a dated claim on it."""

    resource: str
    needed: str
    free: str
    total: str
    limit: str | None
    reserved: str | None
    holders: Sequence[HolderData]
    hidden: HiddenData | None = None


@dataclass(frozen=True, slots=True)
class AnswerData:
    """One step. `place`: its number among the `waiting` that wait for room; `eta`: when it should start; `rankSeconds`:
    the longest path that remains; `undo`: it is about the undo of the step. None: it is not so, or nobody knows."""

    pipeline: str
    step: str
    phase: str
    message: str
    undo: bool | None = None
    reason: str | None = None
    short: ShortData | None = None
    rankSeconds: float | None = None  # noqa: N815 - so `penstock why -o json` has called it from the start
    place: int | None = None
    waiting: int | None = None
    eta: str | None = None


Tell = Callable[[str, str], str]
"""What a text means that the step at a path wrote."""


def as_it_is(path: str, text: str) -> str:
    """The text."""
    return text


def as_data(one: Answer, reader: Reader, tell: Tell = as_it_is) -> AnswerData:
    """An answer as data, with no name that the reader may not know."""
    cause = one.wait.cause if one.wait else None
    return AnswerData(
        pipeline=one.key[1],
        step=one.key[2],
        phase=one.phase,
        message=tell(one.key[2], one.words(reader)),
        undo=one.undo or None,
        reason=one.reason.value if one.reason else None,
        short=_short(cause, reader) if isinstance(cause, Short) else None,
        rankSeconds=None if one.rank is None else round(one.rank, 3),
        place=one.place,
        waiting=None if one.place is None else one.waiting,
        eta=_stamp(one.eta),
    )


def as_json(one: AnswerData) -> dict[str, object]:
    """The data as JSON, without what there is not."""
    return asdict(one, dict_factory=lambda pairs: {name: value for name, value in pairs if value is not None})


def _short(cause: Short, reader: Reader) -> ShortData:
    known = [one for one in cause.holders if reader.may_know(one.owner.namespace)]
    others = [one for one in cause.holders if not reader.may_know(one.owner.namespace)]
    return ShortData(
        resource=cause.resource,
        needed=render(cause.resource, cause.needed * cause.pods),
        free=render(cause.resource, cause.free),
        total=render(cause.resource, cause.total),
        limit=cause.pool or None,
        reserved=_stamp(cause.reserved),
        holders=[_holder(one, cause.resource) for one in known],
        hidden=_hidden(others, cause.resource) if others else None,
    )


def _hidden(others: Sequence[Held], resource: str) -> HiddenData:
    first = min((one.until for one in others if one.until is not None), default=None)
    return HiddenData(len(others), render(resource, sum(one.amount for one in others)), _stamp(first))


def _holder(one: Held, resource: str) -> HolderData:
    owner = one.owner
    return HolderData(owner.kind.value, owner.namespace, owner.name, render(resource, one.amount), _stamp(one.until))


def _stamp(at: float | None) -> str | None:
    return None if at is None else stamp(at)
