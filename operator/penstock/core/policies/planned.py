"""As the critical path, but with the ranks of a planned pass where there are any: what it starts first goes first."""

from typing import Any

from penstock.core.demands import Demand
from penstock.core.policies.policy import Policy, urgency


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Priority with patience, planned or else upward rank, age, name."""
    return urgency(demand, now, demand.rank if demand.planned is None else demand.planned)


PLANNED = Policy("planned", order)
