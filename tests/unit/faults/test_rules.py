"""Rules mean what they say, and one integer replays them."""

from __future__ import annotations

import pytest
from tests.faults.needs import needs
from tests.faults.proxy import told
from tests.faults.rules import Answer, Book, Call, Cut, Gone, Kill, Lose, Rule


def call(verb: str = "create", resource: str = "jobs", ordinal: int = 1) -> Call:
    return Call(verb, resource, "ns", "p", ordinal)


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        (Rule(Cut()), [1, 2, 3, 4, 5, 6]),
        (Rule(Cut(), ("jobs",), ("create",), first=2, last=3), [2, 3]),
        (Rule(Cut(), ("jobs",), first=2, every=2), [2, 4, 6]),
        (Rule(Cut(), ("steps",)), []),
        (Rule(Cut(), verbs=("delete",)), []),
    ],
)
def test_which_requests_are_meant(rule: Rule, meant: list[int]) -> None:
    assert [number for number in range(1, 7) if rule.means(call(ordinal=number), "seed")] == meant


def test_chances_depend_on_seed_and_ordinal_alone() -> None:
    rule = Rule(Cut(), chance=0.5)
    drawn = [rule.means(call(ordinal=number), "1") for number in range(200)]
    again = [rule.means(call(ordinal=number), "1") for number in reversed(range(200))]
    other = [rule.means(call(ordinal=number), "2") for number in range(200)]
    assert drawn == again[::-1] != other
    assert 70 < sum(drawn) < 130


def test_a_rule_strikes_so_often_at_most() -> None:
    book = Book("1", [Rule(Answer(500), times=2)])
    assert [book.request(call(ordinal=number)) is not None for number in range(1, 5)] == [True, True, False, False]


def test_faults_of_events_befall_events_only() -> None:
    book = Book("1", [Rule(Gone()), Rule(Kill())])
    assert book.request(call()) == Kill()
    assert book.event(Call("event", "jobs")) == Gone()
    assert Rule(Lose()).of_events
    assert not Rule(Kill()).of_events


def test_leases_are_spared_unless_named() -> None:
    assert Book("1", [Rule(Cut())]).request(call("update", "leases")) is None
    assert Book("1", [Rule(Cut(), ("leases",))]).request(call("update", "leases")) == Cut()


def test_ordinals_count_by_verb_and_resource() -> None:
    book = Book("1")
    asked = [("create", "jobs"), ("create", "steps"), ("create", "jobs")]
    assert [book.number(*one) for one in asked] == [1, 1, 2]


@pytest.mark.parametrize(
    ("method", "path", "watch", "is_told"),
    [
        ("GET", "/apis/batch/v1/namespaces/ns/jobs", False, ("list", "jobs", "ns", "")),
        ("GET", "/apis/batch/v1/jobs", True, ("watch", "jobs", "", "")),
        ("GET", "/api/v1/namespaces/ns/pods/x", False, ("get", "pods", "ns", "x")),
        ("POST", "/api/v1/namespaces/ns/services", False, ("create", "services", "ns", "")),
        (
            "PUT",
            "/apis/penstock.dev/v1alpha1/namespaces/ns/steps/p.a/status",
            False,
            ("update", "steps/status", "ns", "p.a"),
        ),
        ("DELETE", "/apis/batch/v1/namespaces/ns/jobs/x", False, ("delete", "jobs", "ns", "x")),
        ("GET", "/api/v1", False, ("get", "", "", "")),
        ("GET", "/apis/batch/v1", False, ("get", "", "", "")),
    ],
)
def test_what_a_request_is(method: str, path: str, watch: bool, is_told: tuple[str, ...]) -> None:
    assert told(method, path, watch) == is_told


def test_what_steps_need() -> None:
    spec = {
        "steps": [
            {"name": "a"},
            {"name": "b-c", "needs": ["a"]},
            {"name": "d", "inputs": [{"name": "x", "from": "a.v"}, {"name": "y", "expr": "steps['b-c'].status"}]},
            {"name": "e", "forEach": {"vars": [{"name": "x", "from": "d.l"}]}, "when": "steps.a.outputs.v > 1"},
            {"name": "f", "after": [{"step": "e", "outcome": "Failed"}]},
        ],
        "finally": [{"name": "z", "needs": ["y"]}],
    }
    found = needs(spec)
    assert found == {
        "a": {},
        "b-c": {"a": True},
        "d": {"a": False, "b-c": True},
        "e": {"a": False, "d": False},
        "f": {"e": True},
        "z": dict.fromkeys(("a", "b-c", "d", "e", "f", "y"), True),
    }
