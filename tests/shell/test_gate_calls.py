"""Who waits at the gate: is told once, called when there is room, and costs nothing until something changes."""

from penstock.core.admission.turns import Turns
from penstock.core.graph.learned import families, record
from penstock.core.reasons import Reason
from penstock.core.waits import PATIENCE
from penstock.engine.gate import AGEING, GRACE, SETTLE
from tests.properties.objects import START
from tests.shell.gates import FIRST, SECOND, THIRD, Setting, node


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
