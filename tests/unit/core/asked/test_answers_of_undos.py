"""How undos stand: each has an answer of its own, beside that of its step."""

from dataclasses import replace

from tests.unit.core.admission.clusters import GPU, NOW, held, node
from tests.unit.core.step.test_undo import Saga, step
from tests.unit.core.step.test_undo_not_taken import Full

from penstock.cli.explaining import lines
from penstock.core.admission.capacity import Capacity
from penstock.core.asked.answer_data import as_data
from penstock.core.asked.why import Answer, answers
from penstock.core.wording import Reader

ROOM = Capacity.of([node(gpu=2)])


def why(saga: Saga, room: Capacity = ROOM) -> list[Answer]:
    return answers([saga.observe()], room, saga.now)


def test_an_undo_that_failed_is_named_though_its_step_succeeded() -> None:
    saga = Saga("b", bad_undo="a").begin(step("a"), step("b", needs=["a"]))
    assert saga.run()["phase"] == "Failed"
    found = why(saga)
    assert list(lines(found, False, NOW)) == [
        "the undo of a is Failed: UndoFailed, exit code 1: no",
        "b is Failed: Error, exit code 1",
    ]
    assert [(one.step, one.phase, one.undo) for one in (as_data(one, Reader.of_all("ns")) for one in found)] == [
        ("a", "Succeeded", None),
        ("a", "Failed", True),
        ("b", "Failed", None),
        ("b", "Succeeded", True),
    ]


def test_an_undo_that_waits_leaves_the_answer_of_its_step_alone() -> None:
    saga = Full("b").begin(step("a"), step("b", needs=["a"]))
    for _ in range(9):
        saga.tick()
    ours, undo = lines(why(saga), False, NOW)
    assert ours == "b is Failed: Error, exit code 1"
    assert undo.startswith("the undo of b is Queued: QuotaExceeded, exceeded quota: team (as the operator wrote")


def test_an_undo_that_has_no_room_says_what_it_lacks_though_nothing_is_written_yet() -> None:
    saga = Saga("b").begin(step("a"), step("b", needs=["a"], resources={"requests": {GPU: 2}}))
    saga.fail("b")
    for write in saga.writes_of(replace(saga.plan(), ready=[])):
        write()
    full = Capacity.of([node(gpu=2)], [held("q/other", until=120, gpu=1)])
    ours, undo = list(lines(why(saga, full), False, NOW))[:2]
    assert ours == "b is Failed: Error, exit code 1"
    assert undo.startswith("the undo of b is Queued: WaitingForResources, needs 2 nvidia.com/gpu, 1 of 2 free")
