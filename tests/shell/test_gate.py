"""The gate: room is given away once, waits say why, and who waits costs nothing until something changes."""

import asyncio
from typing import Any

import pytest

from penstock.core.graph import Graph
from penstock.core.reasons import Reason
from penstock.core.runs import Ready
from penstock.core.scheduling.capacity import NodeView, Quota
from penstock.core.scheduling.learned import Learned, families, record
from penstock.core.scheduling.ledger import Ledger
from penstock.core.scheduling.limits import Places
from penstock.core.scheduling.observed_capacity import amounts
from penstock.core.scheduling.policies import PLANNED
from penstock.core.scheduling.turns import Turns
from penstock.core.scheduling.wording import Reader
from penstock.core.waiting import PATIENCE
from penstock.shell import gate as module
from penstock.shell.gate import AGEING, GRACE, SETTLE, Gate
from penstock.shell.store import Key
from tests.properties.model import START, Cluster

FIRST, SECOND, THIRD = Key("ns", "first"), Key("ns", "second"), Key("ns", "third")


def node(name: str = "node-1", **more: str) -> NodeView:
    found = amounts({"cpu": "8", "memory": "16Gi", "pods": "110", "nvidia.com/gpu": "2", **more})
    return NodeView(name, found, found)


class Pipeline:
    """A Pipeline whose Steps are ready: one for each number of GPUs."""

    def __init__(self, key: Key, *gpus: int, **spec: Any) -> None:
        self.cluster = Cluster()
        steps = [{"name": f"s{at}", "script": "x", "resources": _gpus(count)} for at, count in enumerate(gpus)]
        manifest = {"kind": "Pipeline", "metadata": {"name": key.name}}
        self.cluster.apply({**manifest, "spec": {"defaults": {"image": "i"}, "steps": steps, **spec}})
        for _ in range(2):
            for write in self.cluster.writes_of(self.cluster.plan()):
                write()
            self.cluster.objects = {at: obj for at, obj in self.cluster.objects.items() if at[0] != "Job"}

    @property
    def ready(self) -> list[Ready]:
        return self.cluster.plan().ready

    @property
    def graph(self) -> Graph:
        found = self.cluster.observe().graph
        assert found
        return found


class Setting:
    """A gate before one node with two GPUs."""

    def __init__(self, never_fits_fails: bool = True) -> None:
        self.now = START
        self.wakes: list[tuple[Key, float]] = []
        self.alarms: list[float] = []
        self.passes = 0
        self.learned = Learned()
        self.ledger = Ledger()
        self.ledger.put_node(node())
        alarm = self.alarms.append
        self.gate = Gate(self.ledger, self.learned, PLANNED, never_fits_fails, self._wake, alarm, lambda: self.now)
        self.pipelines: dict[Key, Pipeline] = {}

    def _wake(self, key: Key, at: float) -> None:
        self.wakes.append((key, at))

    @property
    def woken(self) -> list[Key]:
        """Who is to look at once."""
        return [key for key, at in self.wakes if at <= self.now]

    def ask(self, key: Key, *gpus: int, **spec: Any) -> list[str]:
        """Steps that may start of a Pipeline with a step of so many GPUs each."""
        self.pipelines[key] = Pipeline(key, *gpus, **spec)
        return self.ask_again(key)

    def ask_again(self, key: Key, *without: str) -> list[str]:
        """The same, as it is known; some Steps have started."""
        one = self.pipelines[key]
        ready = [ready for ready in one.ready if ready.node.path not in without]
        self.granted = self.gate.ask(key, ready, one.graph)
        self.gate.look()
        self.gate.answered(key)
        return [ready.node.path for ready in self.granted]

    def release(self, granted: list[Ready]) -> None:
        """Their Jobs are over, or could not be created."""
        for one in granted:
            self.ledger.drop_job(module._hold(one))

    def reasons(self, key: Key) -> list[Reason]:
        return [wait.reason for wait in self.gate.waits(key).values()]


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lanes each pass of admission looked at."""
    found: list[int] = []
    admit = module.admit_lanes

    def counted(lanes: Any, *rest: Any) -> Any:
        found.append(len(lanes))
        return admit(lanes, *rest)

    monkeypatch.setattr(module, "admit_lanes", counted)
    return found


def _gpus(count: int) -> dict[str, Any]:
    return {"requests": {"cpu": "100m", "nvidia.com/gpu": str(count)}}


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


class TestWaiting:
    """Who waits is told once, called when there is room, and else left in peace."""

    def test_room_that_comes_up_wakes_whom_it_is_for(self) -> None:
        found = Setting()
        assert found.ask(FIRST, 2) == ["s0"]
        assert found.ask(SECOND, 2) == []
        assert found.woken == []
        found.alarms.clear()
        found.ledger.put_node(node("node-2"))
        assert len(found.alarms) == 1
        assert found.alarms[0] >= found.now + SETTLE
        found.gate.look()
        assert found.woken == [SECOND]

    def test_a_wait_is_looked_at_when_it_has_lasted_and_not_again(self) -> None:
        found = Setting()
        found.ask(FIRST, 2)
        found.wakes.clear()
        found.ask(SECOND, 2, 2, 2)
        since = found.pipelines[SECOND].ready[0].since
        assert found.wakes == [(SECOND, since + PATIENCE)]
        found.wakes.clear()
        for seconds in range(1, 3600, 7):
            found.now = START + seconds
            if seconds % 2:
                found.ask_again(SECOND)
            found.gate.look()
        assert found.wakes == []

    def test_another_reason_that_lasts_is_looked_at(self) -> None:
        found = Setting()
        found.ask(FIRST, 2)
        found.ask(SECOND, 1)
        found.now += 60
        found.wakes.clear()
        found.ledger.put_node(node("node-1", **{"nvidia.com/gpu": "0"}))
        found.gate.look()
        assert found.reasons(SECOND) == [Reason.NEVER_FITS]
        assert found.woken == [SECOND]
        found.wakes.clear()
        found.gate.look()
        assert found.wakes == []

    def test_nothing_that_changes_nothing_makes_a_pass(self, passes: list[int]) -> None:
        found = Setting()
        found.ask(FIRST, 2)
        found.ask(SECOND, 2, 2, 2)
        found.gate.look()
        passes.clear()
        for _ in range(100):
            found.ledger.put_node(node())  # a heartbeat
            found.ask_again(SECOND)
            found.gate.look()
        assert passes == []
        found.now += AGEING + 1
        found.gate.look()
        assert len(passes) == 1

    def test_equal_steps_are_looked_at_once(self, passes: list[int]) -> None:
        found = Setting()
        found.ask(FIRST, *[1] * 50)
        assert passes == [1]

    def test_what_is_learned_makes_a_pass_only_if_it_matters(self, passes: list[int]) -> None:
        found = Setting()
        found.ask(FIRST, 2)
        found.ask(SECOND, 2)
        found.gate.look()
        passes.clear()
        found.learned.put("other", record(None, "another family", 7.0))
        found.gate.look()
        assert passes == []
        family = families(found.pipelines[SECOND].graph)["s0"]
        found.learned.put("same", record(None, family, 7.0))
        found.gate.look()
        assert len(passes) == 1

    def test_the_next_turn_of_another_pipeline_comes_when_the_one_before_has_started(self) -> None:
        found = Setting()
        step = ("ns", SECOND.name, "s0")
        found.gate.follow(Turns({("ns", FIRST.name, "s0"): START, step: START + 60}))
        assert found.ask(SECOND, 1) == []
        assert found.reasons(SECOND) == [Reason.PLANNED_LATER]
        assert found.alarms[-1] == START + 60
        assert found.ask(FIRST, 1) == ["s0"]
        assert found.alarms[-1] == START
        found.wakes.clear()
        found.gate.look()
        assert found.woken == [SECOND]


class TestStarving:
    """Who does not come for the room that it was told of keeps nobody else from it."""

    def begin(self) -> Setting:
        """FIRST waits for both GPUs, which come free."""
        found = Setting()
        found.ask(SECOND, 2)
        held = found.granted
        assert found.ask(FIRST, 2) == []
        found.release(held)
        return found

    def test_room_is_kept_for_a_moment(self) -> None:
        found = self.begin()
        found.wakes.clear()
        assert found.ask(THIRD, 2) == []
        assert found.woken == [FIRST]
        assert found.ask_again(FIRST) == ["s0"]

    def test_who_does_not_come_is_left_out_until_it_asks_again(self) -> None:
        found = self.begin()
        assert found.ask(THIRD, 2) == []
        assert found.alarms[-1] == found.now + GRACE
        found.now += GRACE
        found.wakes.clear()
        found.gate.look()
        assert found.woken == [THIRD]
        assert found.ask_again(FIRST) == ["s0"], "it goes first again"
        assert found.ask_again(THIRD) == []

    def test_whose_passes_fail_is_left_out_at_once(self) -> None:
        found = self.begin()
        found.gate.leave_out(FIRST)
        assert found.ask(THIRD, 2) == ["s0"]
        assert found.reasons(FIRST), "why it waits is still known"

    def test_what_starts_does_not_count_as_room_that_nobody_came_for(self) -> None:
        found = self.begin()
        assert found.ask_again(FIRST) == ["s0"]
        found.now += GRACE + 1
        found.release(found.granted)
        assert found.ask(THIRD, 2) == ["s0"]


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
