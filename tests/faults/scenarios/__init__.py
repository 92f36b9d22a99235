"""The scenarios by what they break. To add one is to add an entry to one of these tables."""

from tests.faults.scenario import Scenario
from tests.faults.scenarios import answers, clocks, crashes, floods, hands, inputs, planes, replicas, rights, watches

SCENARIOS: tuple[Scenario, ...] = (
    *answers.SCENARIOS,
    *watches.SCENARIOS,
    *crashes.SCENARIOS,
    *hands.SCENARIOS,
    *inputs.SCENARIOS,
    *rights.SCENARIOS,
    *clocks.SCENARIOS,
    *floods.SCENARIOS,
    *replicas.SCENARIOS,
    *planes.SCENARIOS,
)
