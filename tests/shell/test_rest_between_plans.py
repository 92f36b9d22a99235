"""Rests between plans: on a clock of the test, Pipelines plan and rest as fast as they may."""

import asyncio
from heapq import heapify, heapreplace
from typing import Any

import pytest

from penstock.engine import loop as loops
from penstock.engine.rest import LEAST, SHARE, Lately, rest
from penstock.engine.store import Key
from penstock.shell.process import Operator
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import pipeline


def shares(*costs: float, seconds: float = 400.0) -> list[float]:
    """The share of a core that each Pipeline takes whose plans cost so much, once it has gone on for a while."""
    total, own = Lately(), [Lately() for _ in costs]
    taken = [0.0] * len(costs)
    turns = [(0.0, number) for number in range(len(costs))]
    heapify(turns)
    while turns[0][0] < 2 * seconds:
        now, number = turns[0]
        took = costs[number]
        others = total.share(now) - own[number].share(now)
        for one in (total, own[number]):
            one.add(took, now)
        taken[number] += took if now > seconds else 0.0
        heapreplace(turns, (now + took + rest(took, others), number))
    return [one / seconds for one in taken]


def test_one_alone_takes_the_whole_share() -> None:
    assert rest(0.24, 0.0) == pytest.approx(0.96)
    assert shares(0.24) == [pytest.approx(SHARE, rel=0.1)]


@pytest.mark.parametrize("count", [2, 5, 8])
def test_several_take_their_parts_of_it(count: int) -> None:
    found = shares(*[0.1] * count)
    assert sum(found) == pytest.approx(SHARE, rel=0.25)
    assert max(found) < 1.5 * min(found)


def test_small_ones_rest_for_a_shorter_time_than_a_large_one() -> None:
    large, *small = shares(0.24, 0.006, 0.006, 0.006)
    assert large + sum(small) == pytest.approx(SHARE, rel=0.25)
    assert min(small) > large / 2


def test_no_rest_is_endless() -> None:
    assert rest(0.24, 5.0) == pytest.approx(0.24 * (1 / LEAST - 1))
    assert rest(0.24, 5.0) < 12


def test_what_was_taken_long_ago_counts_no_more() -> None:
    found = Lately()
    found.add(1.0, 100.0)
    assert found.share(100.0) == pytest.approx(0.1)
    assert found.share(110.0) < 0.04
    assert rest(0.1, found.share(200.0)) == pytest.approx(rest(0.1, 0.0), rel=0.01)


HOUR = 3600.0


async def resting(cluster: FakeCluster, operator: Operator) -> Any:
    """The turn of a Pipeline whose first Job is there, and that has an hour to rest."""
    cluster.apply(pipeline())
    await until(lambda: list(cluster.pending()))
    turn = operator.loop._turns[Key("ns", "p")]
    await until(lambda: not turn.running)
    turn.rests_until = asyncio.get_running_loop().time() + HOUR
    return turn


async def test_a_plan_that_is_not_cheap_is_followed_by_a_rest(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "CHEAP", 0.0)
    monkeypatch.setattr(loops, "rest", lambda took, _: HOUR if took > 0 else 0.0)
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await until(lambda: operator.loop._turns.get(Key("ns", "p")))
        turn = operator.loop._turns[Key("ns", "p")]
        await until(lambda: turn.timer and not turn.running)
        assert turn.rests_until > asyncio.get_running_loop().time() + HOUR / 2
        assert not list(cluster.pending())


async def test_an_event_waits_until_a_rest_is_over_and_an_edit_does_not(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        turn = await resting(cluster, operator)
        cluster.work()
        await until(lambda: turn.timer)
        operator.loop.wake(Key("ns", "p"))
        assert not turn.running
        cluster.apply(pipeline(cancel=True))
        await until(lambda: cluster.get("pipelines", "p")["status"].get("phase") == "Cancelled")


async def test_an_edit_waits_for_the_pause_after_a_failed_pass(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        turn = await resting(cluster, operator)
        turn.not_before = turn.rests_until
        cluster.apply(pipeline(cancel=True))
        await until(lambda: turn.asked)
        assert not turn.running
        assert turn.timer
