"""As the critical path, but in the order of a planned pass where there is one, and not before its turn by that plan.

Holding back what would otherwise start at once is what lets a plan beat every dispatch rule: it keeps room for a step
that is not ready yet. Once the planned instant has come a step is held back no more, so that wrong estimates cost
little.
"""

from typing import Any

from penstock.core.admission.demands import Demand
from penstock.core.admission.policies.policy import Policy, urgency


def order(demand: Demand, now: float) -> tuple[Any, ...]:
    """Priority with patience, planned or else upward rank, age, name."""
    return urgency(demand, now, demand.rank if demand.planned is None else demand.planned)


PLANNED = Policy("planned", order, turns=True)
