"""As the critical path, but with the ranks of a planned pass where there are any: what it starts first goes first."""

from typing import Any

from penstock.core.demands import Demand
from penstock.core.policies.policy import Policy, level


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Level, planned or upward rank, age, name."""
    rank = demand.rank if demand.planned is None else demand.planned
    return -level(demand, now), -rank, demand.since, demand.key


PLANNED = Policy("planned", order)
