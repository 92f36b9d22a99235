"""The cluster's clock: what its answers say counts, not what the machine's wall clock says."""

import contextlib
import time

import pytest

from penstock.engine import clock
from penstock.engine.clock import Clock
from penstock.engine.resources import PIPELINES
from penstock.shell.client import HttpClient
from tests.shell.fake import FakeCluster

NOON = 1_795_953_600.0
DATE = "Mon, 30 Nov 2026 00:00:00 GMT"
DATED = 1_795_996_800.0


class Machine:
    """Two clocks: one that people set, and one that goes on."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 100.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady)


def test_it_goes_on_whatever_becomes_of_the_wall_clock() -> None:
    machine = Machine()
    found = machine.clock()
    machine.wall += 86_400
    machine.steady += 5
    assert found.now() == NOON + 5


@pytest.mark.parametrize("wrong", [-86_400.0, -3.0, 3.0, 86_400.0])
def test_an_answer_puts_it_right_to_within_a_second(wrong: float) -> None:
    machine = Machine()
    machine.wall = DATED + wrong
    found = machine.clock()
    asked, machine.steady = machine.steady, machine.steady + 0.25
    found.heard(DATE, asked)
    assert found.now() == (DATED if wrong < 0 else DATED + 1.25)


def test_an_answer_with_which_it_agrees_does_not_move_it() -> None:
    machine = Machine()
    machine.wall = DATED + 0.5
    found = machine.clock()
    found.heard(DATE, machine.steady)
    assert found.now() == DATED + 0.5


def test_an_answer_that_took_long_may_be_old() -> None:
    machine = Machine()
    machine.wall = DATED
    found = machine.clock()
    asked, machine.steady = machine.steady, machine.steady + 40
    found.heard(DATE, asked)
    assert found.now() == DATED + 40


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_what_is_no_date_says_nothing(date: str) -> None:
    machine = Machine()
    found = machine.clock()
    found.heard(date, machine.steady)
    assert found.now() == NOON


async def test_the_client_hears_what_time_it_is_in_the_cluster(
    cluster: FakeCluster, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock._OF_THE_CLUSTER, "_ahead", time.time() + 86_400 - clock.steady())
    before = time.time()
    async for _ in client.pages(PIPELINES, None):
        pass
    shown, after = clock.now(), time.time()
    took = after - before  # the answer was dated at some instant of it, and by whole seconds
    assert before - 1 <= shown <= after + 1 + took


def test_another_time_is_shown_meanwhile_and_no_longer() -> None:
    asked = clock.now  # as whoever took hold of it before
    with clock.showing(lambda: NOON):
        with contextlib.suppress(KeyError), clock.showing(lambda: DATED):
            assert asked() == DATED
            raise KeyError
        assert asked() == NOON
    assert abs(asked() - clock._OF_THE_CLUSTER.now()) < 60
