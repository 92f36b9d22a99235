"""Nobody takes from the others what is for all: threads, memory, streams, tickets, and the processor."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.unit.web.lodging import Lodging, lodging

from penstock.cluster.api import Cluster
from penstock.cluster.reading import earlier
from penstock.web.followed.pipelines import PipelineState
from penstock.web.http import streams, tickets
from penstock.web.http.tickets import Tickets
from penstock.web.surveyed import surveys
from penstock.web.surveyed.surveys import Surveying, Surveys

ONE = "api/pipelines/ml/digits"


@pytest.fixture
async def inn(api: SceneApi, tmp_path: Path) -> AsyncIterator[Lodging]:
    async with lodging(api, tmp_path) as found:
        yield found


class Looking:
    """In place of a look at a cluster: one that takes until it `may_end`, and counts how many there are at once."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.times = self.now = self.most = 0

    def look(self) -> str:
        self.times, self.now = self.times + 1, self.now + 1
        self.most = max(self.most, self.now)
        self.begun.set()
        assert self.may_end.wait(30)
        self.now -= 1
        return "survey"


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    found = Looking()
    monkeypatch.setattr(Surveys, "_look", found.look)
    return found


async def test_who_has_gone_leaves_no_look_at_the_cluster_beside_the_next(looking: Looking) -> None:
    found = Surveys(Cluster("ml"))
    first = asyncio.create_task(found.find(str))
    await asyncio.to_thread(looking.begun.wait, 30)
    first.cancel()
    second = asyncio.create_task(found.find(str))
    await asyncio.wait([first, second], timeout=0.2)
    looking.may_end.set()
    assert await second == "survey"
    assert first.cancelled()
    assert looking.most == 1


async def test_a_survey_that_nobody_asks_for_is_not_kept(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "UNUSED_SECONDS", 0.0, raising=False)
    looking.may_end.set()
    found = Surveys(Cluster("ml"))
    for _ in range(2):
        await found.find(str)
        await asyncio.sleep(0.05)
    assert looking.times == 2


def test_there_are_few_surveys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "MOST", 2)
    found, cluster = Surveying(), Cluster("ml")
    first, second = found.of("a", cluster, ()), found.of("b", cluster, ())
    assert found.of("a", cluster, ()) is first
    found.of("c", cluster, ())
    assert found.of("a", cluster, ()) is first
    assert found.of("b", cluster, ()) is not second


class Lines:
    """A log of many long lines, which counts those that are held at once."""

    held = most = 0

    def lines(self, most: int) -> Any:
        for _ in range(5_000):
            yield Line(self)

    def close(self) -> None:
        """It has ended."""


class Line(bytes):
    def __new__(cls, log: Lines) -> Line:
        found = super().__new__(cls, b"line")
        found.log = log  # type: ignore[attr-defined]
        log.held += 1
        log.most = max(log.most, log.held)
        return found

    def __del__(self) -> None:
        self.log.held -= 1  # type: ignore[attr-defined]


def test_of_a_log_without_instants_no_more_is_held_than_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Lines()
    monkeypatch.setattr("penstock.cluster.reading.Reading", lambda *_, **__: log)
    assert len(earlier(Cluster("ml"), "pod", 4_900, b"", 0, 1_000)) == 100
    assert log.most < 1_010
    assert earlier(Cluster("ml"), "pod", 999_999_999, b"", 0, 1_000) == []


async def test_who_opens_many_streams_at_one_moment_has_no_more_of_them(
    inn: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_EACH", 2)
    answers = await asyncio.gather(*(inn.page("reader").ask(f"{ONE}/stream") for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] * 2 + [503] * 6
    for answer in answers:
        answer.close()


def test_who_takes_many_tickets_takes_them_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MOST_EACH", 2, raising=False)
    monkeypatch.setattr(tickets, "MOST", 4)
    sold = Tickets[str]()
    other = sold.sell("other", "bob")
    mine = [sold.sell(f"log {at}", "ada") for at in range(9)]
    assert [sold.take(one) for one in mine] == [None] * 7 + ["log 7", "log 8"]
    assert sold.take(other) == "other"


async def test_who_asks_for_many_graphs_has_one_of_them_before_that_of_another(
    inn: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, may_end, begun = list[str](), asyncio.Event(), asyncio.Event()
    draw = PipelineState.shape

    async def slow(state: PipelineState, opened: list[str]) -> Any:
        begun.set()
        await may_end.wait()
        drawn.append(opened[0])
        return await draw(state, opened)

    monkeypatch.setattr(PipelineState, "shape", slow)
    await asyncio.gather(*(inn.page(who).get(ONE) for who in ("reader", "admin")))
    many = [asyncio.ensure_future(inn.page("reader").get(f"{ONE}/graph?open=many")) for _ in range(5)]
    await begun.wait()
    await asyncio.wait(many, timeout=0.2)
    other = asyncio.ensure_future(inn.page("admin").get(f"{ONE}/graph?open=other"))
    await asyncio.wait([other], timeout=0.2)
    may_end.set()
    await asyncio.gather(other, *many)
    assert drawn.index("other") <= 1
