"""The comparison of what the operator called with what it may: both ways, from events of the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from tests.cluster.local import OPERATOR_GROUP
from tests.e2e.rights import UNCALLED, complaints, granted, refusals
from tests.release import NAMESPACE

RULES = [
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "list"]},
    {"apiGroups": ["penstock.dev"], "resources": ["steps/status"], "verbs": ["update"]},
]
EXCUSED = [{"apiGroups": [group], "resources": [resource], "verbs": [verb]} for group, resource, verb in UNCALLED]


def call(verb: str, resource: str, group: str = "", decision: str = "allow") -> dict[str, Any]:
    """An event of the audit log."""
    name, _, part = resource.partition("/")
    about = {"resource": name, **({"apiGroup": group} if group else {}), **({"subresource": part} if part else {})}
    return {"verb": verb, "objectRef": about, "annotations": {"authorization.k8s.io/decision": decision}}


CALLS = [
    call("create", "jobs", "batch"),
    call("list", "jobs", "batch"),
    call("update", "steps/status", "penstock.dev"),
    {"verb": "get", "requestURI": "/apis/penstock.dev/v1alpha1"},
]


def said(*events: dict[str, Any]) -> list[str]:
    return list(complaints(granted(RULES + EXCUSED), events))


def test_what_is_called_is_granted_and_the_other_way_round() -> None:
    assert said(*CALLS) == []


@pytest.mark.parametrize(
    ("number", "words"), [(0, "create jobs.batch"), (1, "list jobs.batch"), (2, "update steps/status.penstock.dev")]
)
def test_what_is_never_called_is_named(number: int, words: str) -> None:
    assert said(*CALLS[:number], *CALLS[number + 1 :]) == [f"granted, but never called: {words}"]


def test_what_is_called_without_a_right_is_named() -> None:
    assert said(*CALLS, call("list", "secrets", decision="forbid")) == ["called, but no rule grants it: list secrets"]


def test_a_refusal_of_what_is_granted_came_while_the_roles_were_away() -> None:
    assert said(*CALLS, call("list", "jobs", "batch", decision="forbid")) == []


def test_an_excuse_for_what_is_not_granted_is_out_of_date() -> None:
    assert len(list(complaints(granted(RULES), CALLS))) == len(UNCALLED)


def test_without_an_audit_log_the_operator_tells_what_it_was_refused() -> None:
    registry = CollectorRegistry()
    counted = Counter("penstock_api_requests_total", "", ("verb", "resource", "code"), registry=registry)
    for verb, resource, code in (("GET", "jobs", "200"), ("POST", "jobs", "403"), ("DELETE", "services", "403")):
        counted.labels(verb, resource, code).inc()
    assert list(refusals(generate_latest(registry).decode())) == ["refused: DELETE services"]


def test_the_audit_log_is_of_the_namespace_that_the_operator_is_in() -> None:
    assert f"system:serviceaccounts:{NAMESPACE}" == OPERATOR_GROUP
