"""What statuses tell of waits: the reason that lasts, not that of each moment.

Each step that ends gives room that others take, so for a moment those that wait are outranked, or a reservation has
another date. Told one by one, that would be two writes for each waiting Step at each end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penstock.core.reasons import Reason
from penstock.core.scheduling.waits import Wait
from penstock.core.waiting import PATIENCE

_AT_ONCE = frozenset({Reason.NEVER_FITS, Reason.PLANNED_LATER})
"""Reasons that are no matter of the moment, so that they come and go at once."""


@dataclass(slots=True)
class _Told:
    wait: Wait
    other: Reason | None = None
    since: float = 0.0


class Lasting:
    """The waits that are told, by uid of the Step, from pass to pass."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def take(self, waits: Mapping[str, Wait], now: float) -> dict[str, Wait]:
        """What to tell after a pass of admission that said this: another reason only once it has lasted."""
        self._told = {uid: self._next(self._told.get(uid), wait, now) for uid, wait in waits.items()}
        return {uid: one.wait for uid, one in self._told.items()}

    def forget(self, uids: Iterable[str]) -> None:
        """These Steps wait for nothing any more."""
        for uid in uids:
            self._told.pop(uid, None)

    @staticmethod
    def _next(known: _Told | None, wait: Wait, now: float) -> _Told:
        if known is None or wait.reason is known.wait.reason or wait.reason in _AT_ONCE:
            return _Told(wait)
        if known.wait.reason in {*_AT_ONCE, Reason.OUTRANKED}:  # who is outranked is so in one pass
            return _Told(wait)
        since = known.since if known.other is wait.reason else now
        # A clock that jumped back makes nothing last longer.
        return _Told(wait) if now - since >= PATIENCE else _Told(known.wait, wait.reason, min(since, now))
