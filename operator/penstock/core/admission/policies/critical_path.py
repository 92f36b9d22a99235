"""Priority, then the longest remaining path (upward rank: Topcuoglu et al., HEFT, 2002), then age, then name."""

from typing import Any

from penstock.core.admission.demands import Demand
from penstock.core.admission.policies.policy import Policy, urgency


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Priority with patience, upward rank, age, name."""
    return urgency(demand, now, demand.rank)


CRITICAL_PATH = Policy("critical-path", order)
