"""Batches: bounded, and one bad sample harms nobody else."""

import asyncio

import numpy as np
import pytest
from penstock_server.batches import MOST, WAITING, Batches, BusyError


def asked(count, size=1, classify=None):
    """What `count` requests of `size` samples each get, and the sizes of the batches."""
    sizes = []

    def double(samples):
        return samples * 2, samples / 2

    async def all_of_them():
        batches = Batches(classify or double, sizes.append)
        work = asyncio.create_task(batches.run())
        requests = [batches.ask(np.arange(size) + number * size) for number in range(count)]
        try:
            return await asyncio.wait_for(asyncio.gather(*requests, return_exceptions=True), 60), batches.waiting
        finally:
            work.cancel()

    answers, waiting = asyncio.run(all_of_them())
    assert waiting == 0
    return answers, sizes


@pytest.mark.parametrize(("count", "size"), [(100, 1), (40, 7), (3, 100), (1, 1)])
def test_each_gets_its_own_in_batches_that_are_bounded(count, size):
    answers, sizes = asked(count, size)
    for number, (predicted, sure) in enumerate(answers):
        samples = np.arange(size) + number * size
        assert (predicted == samples * 2).all()
        assert (sure == samples / 2).all()
    assert sum(sizes) == count * size
    assert max(sizes) <= MOST
    assert len(sizes) <= -(-count * size // MOST) * 2


def test_a_sample_that_the_model_cannot_take_fails_alone():
    def picky(samples):
        if (samples == 5).any():
            raise ValueError("five")
        return samples, samples

    answers, _ = asked(10, classify=picky)
    assert [isinstance(one, ValueError) for one in answers] == [number == 5 for number in range(10)]


def test_what_has_no_room_is_told_at_once_and_a_large_request_alone_has_room():
    answers, _ = asked(WAITING + 10)
    assert [isinstance(one, BusyError) for one in answers] == [False] * WAITING + [True] * 10
    assert len(asked(1, WAITING * 2)[0][0][0]) == WAITING * 2


def test_who_has_gone_is_not_answered():
    seen = []

    def classify(samples):
        seen.extend(samples)
        return samples, samples

    async def leave():
        batches = Batches(classify)
        work = asyncio.create_task(batches.run())
        gone = asyncio.create_task(batches.ask(np.array([1])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gone.cancel()
        answer = await batches.ask(np.array([2]))
        work.cancel()
        return answer

    assert list(asyncio.run(leave())[0]) == [2]
    assert seen == [2]
