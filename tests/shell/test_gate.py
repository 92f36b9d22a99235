"""The gate: room and places are given away once, and waits say why."""

import asyncio

import pytest

from penstock.core.admission.capacity import Quota
from penstock.core.admission.limits import Places
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.wording import Reader
from penstock.engine.store import Key
from tests.shell.gates import FIRST, SECOND, Pipeline, Setting, node


def test_what_fits_starts_and_what_waits_says_why() -> None:
    found = Setting()
    assert found.ask(FIRST, 1, 1, 1) == ["s0", "s1"]
    (wait,) = found.gate.waits(FIRST).values()
    assert "needs 1 nvidia.com/gpu, 0 of 2 free" in wait.words(Reader("ns"))
    assert all(one.estimate for one in found.granted)


def test_what_starts_knows_where_there_is_room() -> None:
    found = Setting()
    found.ledger.put_node(node("node-2", **{"nvidia.com/gpu": "4"}))
    assert found.ask(FIRST, 1, 4) == ["s0", "s1"]
    assert {one.node.path: one.nodes for one in found.granted} == {"s0": ("node-1",), "s1": ("node-2",)}


def test_room_is_given_away_once_even_before_the_job_is_seen() -> None:
    found = Setting()
    assert found.ask(FIRST, 2) == ["s0"]
    held = found.granted
    assert found.ask(SECOND, 1) == []
    found.release(held)
    assert found.ask_again(SECOND) == ["s0"]


def test_what_can_never_fit_is_told_with_numbers_and_at_once() -> None:
    found = Setting()
    assert found.ask(FIRST, 3, 1) == ["s1"]
    assert found.woken == [FIRST]
    (unfit,) = found.gate.unfit(FIRST).values()
    assert "3 nvidia.com/gpu" in unfit.message
    assert (unfit.run, unfit.attempt, unfit.purpose) == (1, 1, "run")
    patient = Setting(never_fits_fails=False)
    assert patient.ask(FIRST, 3) == []
    assert patient.gate.unfit(FIRST) == {}
    assert patient.reasons(FIRST) == [Reason.NEVER_FITS]
    assert patient.woken == []


def test_a_queue_of_kueue_is_not_admitted_here() -> None:
    found = Setting()
    assert found.ask(FIRST, 3, 1, queueName="team") == ["s0", "s1"]
    assert found.ask(SECOND, 2) == ["s0"], "what Kueue is to admit holds no room"


def test_a_pipeline_that_is_gone_asks_for_nothing() -> None:
    found = Setting()
    found.ask(FIRST, 2)
    found.ask(SECOND, 2)
    found.gate.forget(SECOND)
    assert found.reasons(SECOND) == []


def test_a_quota_that_counts_jobs_counts_those_that_it_has_not_seen() -> None:
    found = Setting()
    found.ledger.put_quota(Quota("ns", "tight", {"count/jobs.batch": 3000}, {"count/jobs.batch": 1000}))
    assert found.ask(FIRST, 0, 0, 0) == ["s0", "s1"]
    assert found.ask(SECOND, 0) == []
    assert found.reasons(FIRST) == found.reasons(SECOND) == [Reason.QUOTA_EXCEEDED]
    assert [(space, pods) for space, _, pods in found.gate.short_of({"count/jobs.batch"})] == [("ns", 1), ("ns", 1)]
    assert not list(found.gate.short_of({"count/pods"}))


class TestLimits:
    """`parallelism` and `maxParallel` are part of admission."""

    def test_places_do_not_go_to_what_has_no_room(self) -> None:
        found = Setting()
        assert found.ask(FIRST, 1) == ["s0"]
        assert found.ask(SECOND, 2, 2, 0, 0, parallelism=1) == ["s2"]
        assert {wait.reason for wait in found.gate.waits(SECOND).values()} == {
            Reason.WAITING_FOR_RESOURCES,
            Reason.PARALLELISM,
        }
        assert found.gate.waits(SECOND)[found.pipelines[SECOND].ready[3].step.uid].words(Reader("ns")) == (
            "1 steps run, as many as spec.parallelism allows"
        )

    def test_what_was_let_through_has_its_place_before_its_job_is_seen(self) -> None:
        found = Setting()
        assert found.ask(FIRST, 0, 0, 0, parallelism=2) == ["s0", "s1"]
        found.ledger.put_node(node("node-2"))
        found.wakes.clear()
        found.gate.look()
        assert found.woken == []
        assert found.reasons(FIRST) == [Reason.PARALLELISM]

    def test_kueue_gets_no_more_than_the_pipeline_allows(self) -> None:
        found = Setting()
        assert found.ask(FIRST, 3, 1, 1, queueName="team", parallelism=2) == ["s0", "s1"]
        assert found.reasons(FIRST) == [Reason.PARALLELISM]

    def test_places_that_come_free_are_taken(self) -> None:
        found = Setting()
        assert found.ask(FIRST, 0, 0, parallelism=1) == ["s0"]
        one = found.pipelines[FIRST]
        granted = found.gate.ask(FIRST, [ready for ready in one.ready if ready.node.path == "s1"], one.graph, Places())
        found.gate.look()
        assert [ready.node.path for ready in granted] == ["s1"]


class TestAtOnce:
    """Several that ask in one turn of the event loop are one pass, in the policy's order."""

    async def test_they_share_a_pass(self, passes: list[int]) -> None:
        found = Setting()
        keys = [Key("ns", f"p{number}") for number in range(20)]
        asked = {key: Pipeline(key, 1) for key in keys}
        done: dict[Key, list[Ready]] = {}
        together = asyncio.Event()

        async def one(key: Key) -> None:
            async with found.gate.admitted(key, asked[key].ready, asked[key].graph) as granted:
                done[key] = granted
                await together.wait()

        tasks = [asyncio.create_task(one(key)) for key in keys]
        for _ in range(3):
            await asyncio.sleep(0)
        assert passes == [20]
        assert sum(map(len, done.values())) == 2
        together.set()
        await asyncio.gather(*tasks)

    @pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
    async def test_room_is_given_back_whatever_happens(self, error: type[BaseException]) -> None:
        found = Setting()
        one = Pipeline(FIRST, 2)

        async def fail() -> None:
            async with found.gate.admitted(FIRST, one.ready, one.graph) as granted:
                assert len(granted) == 1
                raise error

        with pytest.raises(error):
            await fail()
        assert found.ask(SECOND, 2) == ["s0"]

    async def test_who_is_gone_before_the_pass_takes_nothing(self) -> None:
        found = Setting()
        one = Pipeline(FIRST, 2)

        async def ask() -> None:
            async with found.gate.admitted(FIRST, one.ready, one.graph):
                pytest.fail("it was cancelled")

        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        found.gate.forget(FIRST)
        assert found.ask(SECOND, 2) == ["s0"]
