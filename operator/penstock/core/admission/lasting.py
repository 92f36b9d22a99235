"""What statuses tell of waits: the reason that lasts, not that of each moment.

Each step that ends gives room that others take, so for a moment those that wait are outranked, or a reservation has
another date. Told one by one, that would be two writes for each waiting Step at each end.
"""

from dataclasses import dataclass

from penstock.core.reasons import Reason
from penstock.core.waits import PATIENCE, Wait

_AT_ONCE = frozenset({Reason.NEVER_FITS, Reason.PLANNED_LATER})
"""Reasons that are no matter of the moment, so that they come and go at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """The wait that is told; since when another reason was given, pass after pass, which is not told yet."""

    wait: Wait
    other: Reason | None = None
    since: float = 0.0

    @property
    def due(self) -> float | None:
        """When the other reason will have lasted long enough."""
        return None if self.other is None else self.since + PATIENCE


def tell(known: Told | None, wait: Wait, now: float) -> Told:
    """What to tell after a pass of admission that said this: another reason only once it has lasted."""
    if known is None or wait.reason is known.wait.reason or wait.reason in _AT_ONCE:
        return Told(wait)
    if known.wait.reason in {*_AT_ONCE, Reason.OUTRANKED}:  # who is outranked is so in one pass
        return Told(wait)
    since = known.since if known.other is wait.reason else now
    # A clock that jumped back makes nothing last longer.
    return Told(wait) if now - since >= PATIENCE else Told(known.wait, wait.reason, min(since, now))
