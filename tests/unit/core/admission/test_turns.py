"""Turns: a step waits for its turn while something earlier has not started, and never longer."""

from tests.unit.core.admission.clusters import NOW, held, node, want

from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.policies import CRITICAL_PATH, PATIENCE, PLANNED
from penstock.core.admission.turns import Turns
from penstock.core.reasons import Reason
from penstock.core.wording import Reader

FIRST, SECOND, OTHER = want("first", cpu="1"), want("second", cpu="1", rank=99), want("other", cpu="1")
ROOM = Capacity.of([node(cpu="8")])


def turns() -> Turns:
    return Turns({FIRST.key: NOW + 60, SECOND.key: NOW + 90})


def passed(found: Turns, now: float = NOW) -> Admission:
    """What is admitted when the second is ready, and something that no plan covers."""
    return admit(found.assign([SECOND, OTHER]), ROOM, now, PLANNED)


def test_a_step_waits_for_its_turn_while_an_earlier_one_has_not_started() -> None:
    found = passed(turns())
    assert [one.key for one in found.admitted] == [OTHER.key]
    assert found.waits[SECOND.key].reason is Reason.PLANNED_LATER
    assert "its turn is at about" in found.waits[SECOND.key].words(Reader("ns"))
    assert found.wake_at == NOW + 90


def test_nothing_waits_for_what_is_over() -> None:
    found = turns()
    found.over(FIRST.key)
    assert SECOND.key in {one.key for one in passed(found).admitted}


def test_before_its_turn_a_step_starts_only_where_the_plan_has_it() -> None:
    """Elsewhere it would take the room that the plan has for others."""
    room = Capacity.of([node("a", cpu="1"), node("b", cpu="1")], [held("x", on="b", until=90, cpu=1)])
    found = Turns({FIRST.key: NOW + 60}, {FIRST.key: ("b",)})
    early = admit(found.assign([FIRST]), room, NOW, PLANNED)
    assert early.waits[FIRST.key].reason is Reason.PLANNED_LATER
    assert early.wake_at == NOW + 60
    assert admit(found.assign([FIRST]), room, NOW + 60, PLANNED).nodes == {FIRST.key: {"a": 1}}
    idle = Capacity.of([node("a", cpu="1"), node("b", cpu="1")])
    assert admit(found.assign([FIRST]), idle, NOW, PLANNED).nodes == {FIRST.key: {"b": 1}}


def test_nothing_waits_beyond_its_turn() -> None:
    assert SECOND.key in {one.key for one in passed(turns(), NOW + 90).admitted}


def test_the_plan_ranks_before_the_path() -> None:
    narrow = Capacity.of([node(cpu="1")])
    found = admit(turns().assign([SECOND, FIRST]), narrow, NOW + 90, PLANNED)
    assert [one.key for one in found.admitted] == [FIRST.key]
    assert [one.key for one in admit([SECOND, FIRST], narrow, NOW + 90, CRITICAL_PATH).admitted] == [SECOND.key]


def test_nothing_is_held_back_longer_than_its_patience() -> None:
    found = Turns({FIRST.key: NOW, SECOND.key: NOW + 3 * PATIENCE})
    assert passed(found, SECOND.since + PATIENCE - 1).waits[SECOND.key].reason is Reason.PLANNED_LATER
    assert SECOND.key in {one.key for one in passed(found, SECOND.since + PATIENCE).admitted}


def test_what_is_not_there_any_more_has_no_turn() -> None:
    found = turns()
    found.note(("ns", "another"), ())
    assert len(found) == 2
    found.note(("ns", "p"), ())
    assert len(found) == 0
