"""More than anybody would do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from tests.faults import courses
from tests.faults.scenario import Course, Same, Scenario
from tests.faults.scenarios.hands import HELD
from tests.faults.stage import Stage

floods = partial(Scenario, group="floods")
MANY = 500
EDITS = 200
"""A second."""
SECONDS = 10


async def _paced(count: int, one: Callable[[int], Awaitable[None]]) -> None:
    """So many acts within `SECONDS`, however long each takes."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as acts:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + SECONDS * number / count - time.monotonic()))
            acts.create_task(one(number))  # type: ignore[arg-type]


async def _many(stage: Stage) -> None:
    await _paced(MANY, lambda number: stage.apply(courses.pipeline(f"q{number:03}", courses.step("a"))))


async def _status_edits(stage: Stage) -> None:
    """Somebody writes into the statuses of the Pipeline and its Steps, again and again."""

    def edit(number: int) -> Awaitable[None]:
        kind, name = (("Pipeline", "p"), ("Step", "p.a"), ("Step", "p.b"))[number % 3]
        return stage.hand(kind, name, {"status": {"message": f"edit {number}"}}, "status")

    await stage.running("p.b")
    await _paced(EDITS * SECONDS, edit)


async def _edits(stage: Stage) -> None:
    """The user edits the last step a hundred times, and in the end as it was."""
    for number in range(100):
        seconds = 0.1 if number == 99 else 0.2 + number / 1000
        script = courses.does(outputs={"v": "#"}, after=seconds)["script"]
        await stage.edit("p", lambda spec, script=script: spec["steps"][2].update(script=script))  # type: ignore[misc]


SCENARIOS = (
    floods(
        "five-hundred-pipelines",
        course=Course("many", (courses.pipeline("p", courses.step("a")),), _many),
        what=f"{MANY} Pipelines are applied in {SECONDS} s",
        alone=True,
        seconds=400,
    ),
    floods(
        "status-edits",
        course=HELD,
        what=f"{EDITS} foreign status edits a second for {SECONDS} s",
        harm=_status_edits,
        alone=True,
        seconds=150,
    ),
    floods(
        "hundred-edits",
        course=Course(
            "edited",
            (courses.pipeline("p", courses.counts("a"), courses.counts("b", "a"), courses.counts("c", "b")),),
            _edits,
        ),
        what="the manifest is edited a hundred times in a row",
        seconds=150,
        same=Same.PHASES,
    ),
)
