"""Who is known is known for as long as they come, and whoever is not keeps nobody waiting."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from penstock.cluster.api import Refused
from penstock.web.access import visitors
from penstock.web.access.visitors import Guests, Stranger
from penstock.web.followed.looks import Looks
from penstock.web.followed.store import Store


class Api:
    """Knows `ada` and `bob`; whoever else asks waits for `answers`."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()

    def bearing(self, token: str) -> Any:
        return Bearer(self, token)


class Bearer:
    def __init__(self, api: Api, token: str) -> None:
        self._api, self._token = api, token

    def user(self) -> str:
        if self._token not in ("ada", "bob"):
            assert self._api.answers.wait(30)
            raise Refused(401, "unauthorized", "")
        return self._token


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def guests(api: Api) -> Guests:
    return Guests(Looks(Store(api)), (), ())  # type: ignore[arg-type]


async def test_who_asks_twice_at_once_is_one_viewer_then_and_later(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found for a viewer, such as what was held in the past, goes with them."""
    monkeypatch.setattr(visitors, "YES_SECONDS", -1.0)  # each answer is old at once
    first = await guests.who("ada")
    assert {first} == set(await asyncio.gather(*(guests.who("ada") for _ in range(3))))


async def test_a_token_that_nobody_shows_any_more_is_forgotten(guests: Guests, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(visitors, "time", clock)
    ada, bob = await guests.who("ada"), await guests.who("bob")
    for _ in range(3):
        clock.now += visitors.UNUSED_SECONDS * 0.8
        assert await guests.who("bob") is bob
    assert await guests.who("ada") is not ada


class Clock:
    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


async def test_whoever_guesses_tokens_keeps_nobody_waiting_who_is_known(
    api: Api, guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "YES_SECONDS", -1.0)
    ada = await guests.who("ada")
    api.answers.clear()
    guessing = [asyncio.create_task(guests.who(f"guess-{at}")) for at in range(visitors.AT_ONCE)]
    await asyncio.sleep(0)
    monkeypatch.setattr(asyncio, "to_thread", _at_once)
    try:
        assert await asyncio.wait_for(guests.who("ada"), 10) is ada
    finally:
        api.answers.set()
    for told in await asyncio.gather(*guessing, return_exceptions=True):
        assert isinstance(told, Stranger)


async def _at_once(call: Any) -> Any:
    """There are threads enough in the server; here they may all be taken."""
    return call()
