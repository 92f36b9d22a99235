"""Answers as data: what everybody may be told, and what only some."""

from typing import Any

from penstock.core.asked.answer_data import as_data, as_json
from penstock.core.asked.why import Answer
from penstock.core.causes import Held, Short
from penstock.core.holders import Kind, Owner
from penstock.core.reasons import Reason
from penstock.core.waits import Wait
from penstock.core.wording import Reader

NOW = 1_800_000_000.0
HOLDERS = (
    Held(Owner("ml", "p/embed"), 1000, NOW + 60),
    Held(Owner("secret", "merger/train"), 2000, NOW + 120),
    Held(Owner("secret", "notebook", Kind.POD), 1000),
)


def told(reader: Reader) -> dict[str, Any]:
    cause = Short("nvidia.com/gpu", 4000, 1000, 8000, holders=HOLDERS, reserved=NOW + 120)
    wait = Wait(Reason.WAITING_FOR_RESOURCES, NOW, lambda: cause)
    answer = Answer(("ml", "p", "train"), "Queued", Reason.WAITING_FOR_RESOURCES, "", 60.0, 2, 5, NOW + 120, wait)
    return as_json(as_data(answer, reader))


def test_who_may_see_all_is_told_all() -> None:
    found = told(Reader.of_all("ml"))
    assert [one["name"] for one in found["short"]["holders"]] == ["p/embed", "merger/train", "notebook"]
    assert "hidden" not in found["short"]
    assert found["short"]["holders"][2] == {"kind": "Pod", "namespace": "secret", "name": "notebook", "amount": "1"}
    assert (found["place"], found["waiting"], found["eta"]) == (2, 5, "2027-01-15T08:02:00Z")


def test_of_other_namespaces_only_numbers_are_told_to_who_may_not_see_them() -> None:
    found = told(Reader("ml"))
    assert [one["name"] for one in found["short"]["holders"]] == ["p/embed"]
    assert found["short"]["hidden"] == {"holders": 2, "amount": "3", "until": "2027-01-15T08:02:00Z"}
    assert not {"secret", "merger", "notebook"} & set(str(found).replace("/", "'").split("'"))


def test_what_there_is_not_is_left_out() -> None:
    found = as_json(as_data(Answer(("ml", "p", "a"), "Running", None, ""), Reader("ml")))
    assert found == {"pipeline": "p", "step": "a", "phase": "Running", "message": ""}
