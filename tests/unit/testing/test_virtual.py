"""The event loop whose time is virtual."""

import asyncio
import time

import pytest

from penstock.testing.virtual import VirtualLoop


def run(work, loop=None):  # type: ignore[no-untyped-def]
    made = loop or VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: made) as runner:
        return runner.run(work)


def test_hours_are_over_at_once_and_everything_is_in_order() -> None:
    async def work() -> list[tuple[float, int]]:
        loop, found = asyncio.get_running_loop(), []

        async def after(seconds: int) -> None:
            await asyncio.sleep(seconds)
            found.append((round(loop.time()), seconds))

        await asyncio.gather(*(after(hours * 3600) for hours in (5, 1, 9000, 3)))
        return found

    began = time.process_time()
    assert run(work()) == [(n * 3600, n * 3600) for n in (1, 3, 5, 9000)]
    assert time.process_time() - began < 2


def test_time_stands_still_while_a_thread_works() -> None:
    async def work() -> float:
        loop = asyncio.get_running_loop()
        alarm = asyncio.create_task(asyncio.sleep(1000))
        await asyncio.to_thread(time.sleep, 0.05)
        stood = loop.time()
        await alarm
        return stood

    assert run(work()) < 0.01


def test_time_goes_on_as_on_the_machine_while_a_process_runs() -> None:
    loop = VirtualLoop()

    async def work() -> tuple[float, float]:
        alarm = asyncio.create_task(asyncio.sleep(1000))
        with loop.outside():
            process = await asyncio.create_subprocess_exec("sleep", "0.2")
            await process.wait()
        ended = loop.time()
        await alarm
        return ended, loop.time()

    ended, later = run(work(), loop)
    assert 0.1 < ended < 500
    assert later == pytest.approx(1000)


def test_who_looks_until_an_instant_has_passed_comes_to_it() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.001
        while loop.time() <= until:  # noqa: ASYNC110 - turning itself is what takes time here
            await asyncio.sleep(0)

    run(asyncio.wait_for(work(), 1))


def test_who_waits_for_what_will_never_happen_is_told() -> None:
    with pytest.raises(RuntimeError, match="nothing will ever happen"):
        run(asyncio.Event().wait())
