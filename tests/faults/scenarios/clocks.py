"""The operator's wall clock jumps; that of everybody else does not."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults import courses
from tests.faults.scenario import Act, Scenario
from tests.faults.scenarios.hands import HELD
from tests.faults.stage import Stage

clocks = partial(Scenario, group="clocks")
DAY = 86_400.0


def jump(*shifts: float, after: float = 2.0) -> Act:
    """One shift after the other, `after` seconds apart; the last one stays."""

    async def act(stage: Stage) -> None:
        for shift in shifts:
            await asyncio.sleep(after)
            stage.replica.shift_clock(shift)

    return act


SCENARIOS = (
    clocks(
        "clock-ahead", course=courses.RETRY, what="an hour ahead, while attempts wait for their turn", harm=jump(3600)
    ),
    clocks("clock-behind", course=courses.RETRY, what="a day behind, while attempts wait", harm=jump(-DAY)),
    clocks(
        "clock-to-and-fro",
        course=HELD,
        what="a day ahead and back again, three times",
        harm=jump(DAY, 0, DAY, 0, DAY, 0),
    ),
    clocks("clock-behind-undo", course=courses.UNDO, what="an hour behind, while undos wait", harm=jump(-3600)),
    clocks("clock-drift", course=courses.ROOM, what="30 s ahead, then 30 s behind", harm=jump(30, -30), quick=True),
)
