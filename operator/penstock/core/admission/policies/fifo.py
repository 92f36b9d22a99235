"""First come, first served, and nobody overtakes: the baseline that benchmarks compare with."""

from typing import Any

from penstock.core.admission.demands import Demand
from penstock.core.admission.policies.policy import Policy


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Age, then name."""
    return demand.since, demand.key


FIFO = Policy("fifo", order, strict=True)
