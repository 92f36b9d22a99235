"""How long a Pipeline rests after a plan, so that all plans together take no more than a share of a core.

Who plans for c seconds of processor time and then rests for c * (1 / s - 1), again and again, takes the share s. Each
may take what the others have left of the share of all. If n of them want all they can get, that comes to an nth for
each; and who waits for an answer of the API server meanwhile takes nothing, and so keeps nobody.
"""

from math import exp

SHARE = 0.2
"""Of a core, for all plans together."""

LEAST = 0.02
"""Of a core, for the plans of each Pipeline, whatever the others take: no rest is longer than 49 times the plan."""

WINDOW = 10.0
"""Seconds over which the share that was taken is averaged: what was longer ago counts less and less."""


class Lately:
    """Processor time that was taken of late, as a share of a core. Instants are seconds of a clock that never jumps."""

    def __init__(self) -> None:
        self._share = 0.0
        self._at = 0.0

    def add(self, seconds: float, now: float) -> None:
        """So much was taken just now."""
        self._share = self.share(now) + seconds / WINDOW
        self._at = now

    def share(self, now: float) -> float:
        """The share of a core."""
        return self._share * exp((self._at - now) / WINDOW)


def rest(took: float, others: float) -> float:
    """Seconds to rest after a plan that took so much processor time. `others`: the share of a core that the plans of
    other Pipelines have taken of late."""
    return took * (1 / max(LEAST, SHARE - others) - 1)
