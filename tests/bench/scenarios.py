"""The scenarios, and the rows of the goals that each of them measures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.bench.figures import Figure, Row
from tests.bench.observer import NotInTime
from tests.bench.rows import (
    answers,
    authoring,
    chain,
    diamonds,
    fanout,
    growth,
    idle,
    kubelet,
    local,
    memory,
    reality,
    restart,
    stock,
    wide,
)

Trial = Callable[[], Coroutine[Any, Any, list[Figure]]]


@dataclass(frozen=True)
class Scenario:
    """One trial of it gives one value for each of its figures.

    ``in_quick`` and ``in_full`` are its trials in the two forms of the bench; None where it is no part of it.
    """

    name: str
    rows: tuple[Row, ...]
    in_quick: Trial | None
    in_full: Trial | None


PAGES = {
    "opened": "W1",
    "answered": "W2",
    "live": "W3",
    "viewers": "W4",
    "hop": "W4",
    "computed": "W5",
    "light": "W6",
    "barriers": "W7",
    "rights": "W8",
    "log": "W9",
    "questions": "W10",
}
"""Rows of the page, by the module of `tests.bench.page` that measures them."""


def _page(name: str) -> Trial:
    """Of the page: they need a browser and what drives it, which the others do not."""

    async def trial() -> list[Figure]:
        from playwright.sync_api import Error

        try:
            found: list[Figure] = await asyncio.to_thread(import_module(f"tests.bench.page.{name}").figures)
        except Error as error:
            raise NotInTime(str(error)) from error
        return found

    return trial


SCENARIOS = (
    Scenario("chain", (1, 3, 4), chain.trial, chain.trial),
    Scenario("wide", (2, 3, 4), wide.trial, wide.trial),
    Scenario("diamonds", (1, 2, 3, 4), diamonds.trial, diamonds.trial),
    Scenario("stock", (2,), None, stock.trial),
    Scenario("memory", (5,), memory.trial, memory.full_trial),
    Scenario("growth", (6,), None, growth.trial),
    Scenario("fanout", (7,), None, fanout.trial),
    Scenario("fanout, twice as wide", (7,), None, fanout.twice),
    Scenario("reality", (9,), None, reality.trial),
    Scenario("restart", (11,), None, restart.trial),
    Scenario("idle", (12,), idle.behind_parallelism, idle.behind_parallelism),
    Scenario("idle, for room", (12,), idle.for_room, idle.for_room),
    Scenario("idle, for room beside others", (12,), None, idle.beside_others),
    Scenario("kubelet", (14,), None, kubelet.trial),
    Scenario("answers", (15,), answers.trial, answers.trial),
    Scenario("local", (17,), local.trial, local.trial),
    Scenario("authoring", (17,), authoring.trial, authoring.trial),
    *(Scenario(f"page, {name}", (row,), None, _page(name)) for name, row in PAGES.items()),
)
