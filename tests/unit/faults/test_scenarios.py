"""The table of scenarios: what it promises, and how two replicas are judged."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from tests.faults.proxy import Made
from tests.faults.report import DOCUMENT
from tests.faults.rules import Call
from tests.faults.scenarios import SCENARIOS
from tests.faults.scenarios.replicas import at_most_one, taken_over


def test_names_are_namespaces_and_none_comes_twice() -> None:
    names = [one.name for one in SCENARIOS] + [f"clean-{name}" for name in {one.course.name for one in SCENARIOS}]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", name) and len(name) <= 63 for name in names)


def test_courses_of_one_name_are_one_course() -> None:
    courses = {one.course.name: one.course for one in SCENARIOS}
    assert all(one.course is courses[one.course.name] for one in SCENARIOS)


def test_there_are_enough_of_them_and_a_few_quick_ones_of_each_kind() -> None:
    assert len(SCENARIOS) >= 50
    quick = [one for one in SCENARIOS if one.quick]
    assert {one.group for one in quick} >= {one.group for one in SCENARIOS} - {"floods"}
    assert len(quick) <= 25


def test_the_document_tells_of_all_of_them() -> None:
    text = DOCUMENT.read_text()
    assert [one.name for one in SCENARIOS if f"`{one.name}`" not in text] == []


def stage(*writes: tuple[float, int], broken: float = 100.0) -> SimpleNamespace:
    """Two replicas; a write is an instant and the replica's number."""
    found = [SimpleNamespace(name=f"operator-{number}", proxy=SimpleNamespace(made=[])) for number in range(2)]
    for at, number in writes:
        found[number].proxy.made.append(Made(at, Call("create", "jobs"), 201))
    return SimpleNamespace(replicas=found, broken=broken)


def test_one_after_the_other() -> None:
    assert taken_over(stage((90, 0), (99, 0), (116, 1), (120, 1))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        ([(99, 0), (116, 1), (117, 0), (118, 1)], "by turns"),
        ([(99, 0), (140, 1)], "taken over after 40 s"),
        ([(99, 0), (101, 0)], "nobody took over"),
    ],
)
def test_both_at_once_or_too_late_or_not_at_all(writes: list[tuple[float, int]], words: str) -> None:
    assert words in " ".join(taken_over(stage(*writes)))  # type: ignore[arg-type]


def test_what_is_refused_or_about_leases_is_no_act() -> None:
    seen = stage((99, 0), (116, 1), (120, 1))
    for resource, code in (("leases", 200), ("events", 201), ("jobs", 409), ("jobs", 0)):
        seen.replicas[0].proxy.made.append(Made(117, Call("create", resource), code))
    assert at_most_one(seen) == []  # type: ignore[arg-type]
