"""After the tests: what the operator's account called, beside what its roles grant. Neither may be more.

The API server's audit log is asked, which counts everything that a process sends: the client's requests, watches,
subresources, refusals. Only the cluster on this machine has one; elsewhere the operator's own count of what it was
refused has to do, and what it never called is not known.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.bench.audit import AuditLog
from tests.cluster.choice import cluster
from tests.e2e.space import kubectl
from tests.release import NAME, NAMESPACE

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
ROLES = (f"clusterrole/{NAMESPACE}-{NAME}", f"role/{NAMESPACE}-{NAME}-lease")

Right = tuple[str, str, str]
"""Group, resource (`steps`, `steps/status`) and verb."""

_CHECKED = (
    "the API server checks for it when children are created (OwnerReferencesPermissionEnforcement), nobody calls it"
)
_CONFLICT = "only after a conflict of two writes, which no test can force"
UNCALLED: Mapping[Right, str] = {
    ("penstock.dev", "pipelines/finalizers", "update"): _CHECKED,
    ("penstock.dev", "steps/finalizers", "update"): _CHECKED,
    ("penstock.dev", "pipelineschedules/finalizers", "update"): _CHECKED,
    ("penstock.dev", "pipelines", "get"): _CONFLICT,
    ("penstock.dev", "steps", "get"): _CONFLICT,
    ("penstock.dev", "pipelineschedules", "get"): _CONFLICT,
}
"""What is granted though a run need not call it, and why."""

_REFUSED = re.compile(r'^penstock_api_requests_total{code="403",resource="(\w+)",verb="(\w+)"}', re.MULTILINE)


def begin() -> AuditLog | None:
    """The audit log from now on, if this cluster has one."""
    path = cluster().audit_log
    return AuditLog.now(path) if path and path.exists() else None


def report(log: AuditLog | None) -> int:
    """Say what is wrong with the rights on standard error; 0 if nothing is, else 1."""
    if log is None:
        sys.stderr.write("this cluster has no audit log: whether the operator calls all it may is not known\n")
        found = list(refusals(_metrics()))
    else:
        found = list(complaints(granted(_rules()), list(log.events(ACCOUNT))))
    sys.stderr.writelines(f"rights: {line}\n" for line in found)
    return 1 if found else 0


def complaints(rights: set[Right], events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What was never called, and what was called and not granted, from events of the audit log."""
    called, refused = set(), set()
    for event in events:
        one = _right(event)
        if one:
            called.add(one)
            if (event.get("annotations") or {}).get("authorization.k8s.io/decision") == "forbid":
                refused.add(one)
    # While a release is removed its roles go before its pod does.
    yield from (f"called, but no rule grants it: {_words(one)}" for one in sorted(refused - rights))
    yield from (f"granted, but never called: {_words(one)}" for one in sorted(rights - called - UNCALLED.keys()))
    yield from (f"excused, but not granted: {_words(one)}" for one in sorted(UNCALLED.keys() - rights))


def refusals(metrics: str) -> Iterator[str]:
    """What the operator was refused since it started, from its metrics. A quota refuses creations, too."""
    yield from (f"refused: {verb} {resource}" for resource, verb in _REFUSED.findall(metrics) if verb != "POST")


def granted(rules: Iterable[Mapping[str, Any]]) -> set[Right]:
    """Everything that the rules of roles allow."""
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def _right(event: Mapping[str, Any]) -> Right | None:
    """What a call took; None for one that is about no resource, such as discovery."""
    about = event.get("objectRef")
    if not about:
        return None
    part = about.get("subresource")
    return about.get("apiGroup", ""), about["resource"] + (f"/{part}" if part else ""), event["verb"]


def _words(right: Right) -> str:
    group, resource, verb = right
    return f"{verb} {resource}{f'.{group}' if group else ''}"


def _rules() -> Iterator[Mapping[str, Any]]:
    for role in ROLES:
        yield from json.loads(kubectl("--namespace", NAMESPACE, "get", role, "-o", "json"))["rules"]


def _metrics() -> str:
    return kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}-metrics:metrics/proxy/metrics")
