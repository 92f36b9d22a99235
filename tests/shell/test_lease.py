"""The Lease: one replica acts at a time, whatever is late, lost or frozen. Time leaps; all times are real ones."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.shell.lease import DURATION, MARGIN, Lease, LeaseLost
from tests.shell.leaping import leap
from tests.shell.leases import Api, Object, Way, lease

TAKEOVER = 20.0
"""Seconds within which another replica must act once the first one is gone."""


@asynccontextmanager
async def holding(one: Lease) -> AsyncIterator["asyncio.Task[None]"]:
    """A replica that has the Lease and holds it."""
    await one.acquire()
    task = asyncio.create_task(one.hold())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_it_is_held_for_as_long_as_the_api_server_answers() -> None:
    async def scene() -> None:
        api = Api()
        first = lease(Way(api), "a")
        second = asyncio.create_task(lease(Way(api), "b").acquire())
        async with holding(first) as task:
            for _ in range(600):
                await asyncio.sleep(1)
                assert first.left > 0
            assert not task.done()
            assert not second.done()
        second.cancel()

    leap(scene())


@pytest.mark.parametrize("late", [0.5, 2.5, 3.9])
def test_no_late_answer_makes_two_act(late: float) -> None:
    async def scene() -> None:
        api = Api()
        way = Way(api)
        first, second = lease(way, "a"), lease(Way(api), "b")
        async with holding(first) as task:
            taking = asyncio.create_task(second.acquire())
            await asyncio.sleep(30)
            way.back = late  # one answer is late ...
            version = api.version
            while api.version == version:  # noqa: ASYNC110 - it is the API server that is watched
                await asyncio.sleep(0.01)
            way.cut = True  # ... and then the replica is cut off
            with pytest.raises(LeaseLost):
                await task
            stopped = now()
            await taking
            assert now() - stopped >= MARGIN - 0.1

    leap(scene())


def test_validity_is_counted_from_the_request() -> None:
    async def scene() -> None:
        way = Way(Api(), back=3.0)
        one = lease(way, "a")
        await one.acquire()
        asked = 0.01 + 3.0  # when the first look was answered
        assert one.left == pytest.approx(asked + DURATION - MARGIN - now())

    leap(scene())


def test_an_answer_that_comes_when_its_time_is_over_gives_no_right_to_act() -> None:
    async def scene() -> None:
        api = Api()
        one = lease(Way(api), "a")
        real, leapt = one.clock, 0.0
        one.clock = lambda: real() + leapt

        def freeze(_: Object) -> None:
            nonlocal leapt
            leapt += 60 * (api.version == 1)  # the process stands still once the write has gone through

        api.written = freeze
        await one.acquire()
        assert 0 < one.left <= DURATION - MARGIN
        assert api.version > 1

    leap(scene())


def test_a_replica_that_was_frozen_may_not_act_and_ends() -> None:
    async def scene() -> None:
        one = lease(Way(Api()), "a")
        async with holding(one) as task:
            await asyncio.sleep(10)
            real = one.clock
            one.clock = lambda: real() + DURATION
            assert one.left < 0
            with pytest.raises(LeaseLost):
                await task
            assert one.left < 0

    leap(scene())


@pytest.mark.parametrize("lost", [1, 2])
def test_a_write_that_landed_though_its_answer_was_lost_is_ours(lost: int) -> None:
    async def scene() -> None:
        way = Way(Api())
        one = lease(way, "a")
        async with holding(one) as task:
            way.lose_answers = lost
            await asyncio.sleep(60)
            assert not task.done()
            assert one.left > 0

    leap(scene())


def test_a_creation_that_landed_though_its_answer_was_lost_is_ours() -> None:
    async def scene() -> None:
        way = Way(Api(), lose_answers=1)
        one = lease(way, "a")
        await one.acquire()
        assert one.left > 0
        assert now() < 5

    leap(scene())


def test_another_holder_ends_it_at_once() -> None:
    async def scene() -> None:
        api = Api()
        one = lease(Way(api), "a")
        async with holding(one) as task:
            await asyncio.sleep(7)
            obj = api.read()
            obj["spec"]["holderIdentity"] = "b"
            api.write(obj, new=False)
            with pytest.raises(LeaseLost, match="b "):
                await task
            assert one.left <= 0
            assert now() < 7 + 5

    leap(scene())


def test_somebody_who_edits_the_lease_takes_nothing_away() -> None:
    async def scene() -> None:
        api = Api()
        one = lease(Way(api), "a")
        async with holding(one) as task:
            for _ in range(20):
                await asyncio.sleep(3.7)
                obj = api.read()
                obj["metadata"]["labels"] = {"touched": str(now())}
                api.write(obj, new=False)
                assert one.left > 0
            assert not task.done()

    leap(scene())


def test_a_lease_that_is_deleted_is_made_anew_by_who_holds_it() -> None:
    async def scene() -> None:
        api = Api()
        one, other = lease(Way(api), "a"), lease(Way(api), "b")
        async with holding(one) as task:
            waiting = asyncio.create_task(other.acquire())
            await asyncio.sleep(10)
            api.found = None
            await asyncio.sleep(60)
            assert not task.done()
            assert not waiting.done()
            assert api.read()["spec"]["holderIdentity"] == "a"
        waiting.cancel()

    leap(scene())


def test_when_the_holder_is_killed_another_acts_in_time() -> None:
    async def scene() -> None:
        api = Api()
        first, second = lease(Way(api), "a"), lease(Way(api), "b")
        async with holding(first):
            taking = asyncio.create_task(second.acquire())
            await asyncio.sleep(100)
        killed = now()
        await taking
        assert now() - killed < TAKEOVER

    leap(scene())


def test_a_lease_that_is_given_back_is_taken_at_once() -> None:
    async def scene() -> None:
        api = Api()
        first, second = lease(Way(api), "a"), lease(Way(api), "b")
        async with holding(first):
            taking = asyncio.create_task(second.acquire())
            await asyncio.sleep(100)
        await first.release()
        assert first.left <= 0
        given = now()
        await taking
        assert now() - given < 3

    leap(scene())


@pytest.mark.parametrize("after", [0.015, 0.03, 3.0])
def test_whoever_is_asked_to_end_while_it_takes_the_lease_gives_it_back(after: float) -> None:
    async def scene() -> None:
        api = Api()
        one = lease(Way(api, there=0.01, back=0.01), "a")
        taking = asyncio.create_task(one.acquire())
        await asyncio.sleep(after)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        await asyncio.sleep(1)
        await one.release()
        assert api.found is None or api.found["spec"]["holderIdentity"] == ""

    leap(scene())


def test_only_the_holder_gives_it_back() -> None:
    async def scene() -> None:
        api = Api()
        first, second = lease(Way(api), "a"), lease(Way(api), "b")
        async with holding(first):
            taking = asyncio.create_task(second.acquire())
            await asyncio.sleep(30)
            taking.cancel()
            await second.release()
            assert api.read()["spec"]["holderIdentity"] == "a"

    leap(scene())


weather = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from((4.0, 7.0, 20.0)),  # how long it is so
        st.sampled_from((0.01, 0.01, 1.0, 8.0)),  # seconds that a request takes
        st.sampled_from((0.01, 2.0, 3.9, 8.0)),  # and its answer
        st.booleans(),  # no route
        st.integers(0, 2),  # answers that are lost
        st.booleans(),  # the Lease is touched by somebody
    ),
    min_size=6,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(weather)
def test_whatever_is_late_or_lost_one_stops_before_the_other_begins(weather: list[Any]) -> None:
    async def scene() -> None:
        api = Api()
        ways = {name: Way(api) for name in "ab"}
        leases: list[tuple[str, Lease]] = []

        def written(obj: Object) -> None:
            holder = obj["spec"]["holderIdentity"]
            for name, other in leases:
                if holder and name != holder:
                    assert other.left <= 1e-6 - MARGIN, f"{holder} begins while {name} may act for {other.left} s"

        api.written = written

        async def replica(name: str) -> None:
            while True:  # kubelet begins it anew
                one = lease(ways[name], name)
                leases.append((name, one))
                await one.acquire()
                try:
                    await one.hold()
                except LeaseLost:
                    assert one.left <= 0 or api.read()["spec"]["holderIdentity"] != name
                await asyncio.sleep(0.5)

        replicas = [asyncio.create_task(replica(name)) for name in "ab"]
        for name, seconds, there, back, cut, lose, touch in weather:
            ways[name].there, ways[name].back, ways[name].cut, ways[name].lose_answers = there, back, cut, lose
            if touch and api.found:
                api.write({**api.read(), "touched": now()}, new=False)
            await asyncio.sleep(seconds)
        for way in ways.values():
            way.there, way.back, way.cut, way.lose_answers = 0.01, 0.01, False, 0
        await asyncio.sleep(TAKEOVER + 8 + 8)  # what was under way arrives, too
        assert not any(task.done() for task in replicas), [task for task in replicas if task.done()]
        assert sum(one.left > 0 for _, one in leases) == 1
        for task in replicas:
            task.cancel()
        await asyncio.gather(*replicas, return_exceptions=True)

    leap(scene())


def test_nobody_holds_what_was_never_taken() -> None:
    async def scene() -> None:
        assert lease(Way(Api()), "a").left == -math.inf

    leap(scene())
