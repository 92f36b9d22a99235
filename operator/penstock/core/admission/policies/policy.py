"""What a policy is, and how waiting counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.core.admission.demands import Demand

PATIENCE = 3600.0
"""Seconds of waiting that weigh as much as one unit of priority."""


def urgency(demand: Demand, now: float, rank: float, patience: float = PATIENCE) -> tuple[Any, ...]:
    """Sort key: priority, one higher for each full patience of waiting; then rank, but age for who has waited one.

    So nothing is passed over for ever: who has waited one patience is passed over only by what is older, and by what
    has a priority n higher only until it has waited n patiences. A clock that jumps back makes nobody older.
    """
    waited = int(max(0.0, now - demand.since) // patience)
    return -demand.priority - waited, demand.since if waited else float("inf"), -rank, demand.since, demand.key


@dataclass(frozen=True, slots=True)
class Policy:
    """An order of demands. `strict`: nothing goes ahead of one that does not fit; else what disturbs no reservation."""

    name: str
    order: Callable[[Demand, float], tuple[Any, ...]]
    """Sort key of a demand at an instant. It ends in the demand's key, so that the order is total."""
    strict: bool = False
    turns: bool = False
    """Whether what a plan covers waits for its turn."""
