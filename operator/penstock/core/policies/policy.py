"""What a policy is, and how waiting counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.core.demands import Demand

PATIENCE = 3600.0
"""Seconds of waiting that weigh as much as one unit of priority."""


def level(demand: Demand, now: float, patience: float = PATIENCE) -> int:
    """Priority, one higher for each full patience that the demand has waited.

    So nothing is passed over for ever: of equal priority, what came later goes ahead only within one patience, and
    what has a priority n higher only within n + 1 of them. A clock that jumps back makes nobody older.
    """
    return demand.priority + int(max(0.0, now - demand.since) // patience)


@dataclass(frozen=True, slots=True)
class Policy:
    """An order of demands. `strict`: nothing goes ahead of one that does not fit; else what disturbs no reservation."""

    name: str
    order: Callable[[Demand, float], tuple[Any, ...]]
    """Sort key of a demand at an instant. It ends in the demand's key, so that the order is total."""
    strict: bool = False
