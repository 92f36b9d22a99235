"""Tokens that end and rights that are taken away."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults import courses
from tests.faults.rules import Answer, Rule
from tests.faults.scenario import Scenario
from tests.faults.scenarios.hands import HELD
from tests.faults.stage import Stage

rights = partial(Scenario, group="rights")


async def _token_ends(stage: Stage) -> None:
    await stage.running("p.b")
    proxy = stage.replica.proxy
    proxy.revoke()
    proxy.cut_watches()
    await asyncio.sleep(5)
    await stage.new_token()


async def _no_rights(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.no_rights()
    stage.replica.proxy.cut_watches()
    await asyncio.sleep(15)
    await stage.rights()


async def _no_rights_at_start(stage: Stage) -> None:
    await stage.no_rights()
    stage.replica.kill()
    await asyncio.sleep(8)
    await stage.rights()


SCENARIOS = (
    rights(
        "token-ends",
        course=HELD,
        what="the token is refused, and there is a new one after 5 s",
        harm=_token_ends,
        quick=True,
    ),
    rights("rights-lost", course=HELD, what="all rights are taken away for 15 s", harm=_no_rights, seconds=150),
    rights(
        "no-rights-at-start",
        course=HELD,
        what="started without any rights, which come 8 s later",
        harm=_no_rights_at_start,
    ),
    rights(
        "no-right-to-jobs",
        course=courses.DIAMOND,
        what="for the first six tries no Job may be created",
        rules=(Rule(Answer(403, "Forbidden"), ("jobs",), ("create",), times=6),),
    ),
    rights(
        "no-right-to-events",
        course=courses.RETRY,
        what="Events may not be written",
        rules=(Rule(Answer(403, "Forbidden"), ("events",)),),
    ),
)
