"""Priority, then the longest remaining path (upward rank: Topcuoglu et al., HEFT, 2002), then age, then name."""

from typing import Any

from penstock.core.demands import Demand
from penstock.core.policies.policy import Policy, level


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Level (priority and patience), upward rank, age, name."""
    return -level(demand, now), -demand.rank, demand.since, demand.key


CRITICAL_PATH = Policy("critical-path", order)
