"""The admission policies of the chart: what they let through, and what they stop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from tests.contract.chart import NAMESPACE, objects, of_kind
from tests.contract.policies import PLURALS, Policy
from tests.golden.test_plans import CASES
from tests.unit.builders import graph, step

from penstock.core.cron.scheduled import pipeline_manifest, schedule_view
from penstock.core.pipeline.lifecycle import Standing
from penstock.core.pipeline.revisions import revision_manifest
from penstock.core.pod.collector import collector
from penstock.core.pod.transfer import Collection
from penstock.core.seen.reading import pipeline_view

Object = dict[str, Any]
ON = {"admission": {"approvals": True, "operator": True}}
OPERATOR = f"system:serviceaccount:{NAMESPACE}:demo-penstock"
APPROVED, REJECTED = "penstock.dev/approved-by", "penstock.dev/rejected-by"


@cache
def policy(name: str, wide: bool = True) -> Policy:
    found = of_kind(objects(values={**ON, "scope": {"clusterWide": wide}}), "ValidatingAdmissionPolicy")
    (one,) = [one for one in found if one["metadata"]["name"] == f"{NAMESPACE}-demo-penstock-{name}"]
    return Policy(one["spec"])


# The chart


def test_none_is_installed_unless_it_is_asked_for() -> None:
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    assert not of_kind(objects(), *kinds)
    assert len(of_kind(objects(values=ON), *kinds)) == 4
    for name in ("approvals", "operator"):
        made = of_kind(objects(values={"admission": {name: True}}), *kinds)
        assert {one["metadata"]["name"] for one in made} == {f"{NAMESPACE}-demo-penstock-{name}"}


def test_each_is_bound_and_what_cannot_be_evaluated_is_refused() -> None:
    found = objects(values=ON)
    policies = of_kind(found, "ValidatingAdmissionPolicy")
    assert {one["spec"]["failurePolicy"] for one in policies} == {"Fail"}
    bindings = of_kind(found, "ValidatingAdmissionPolicyBinding")
    assert {one["spec"]["policyName"] for one in bindings} == {one["metadata"]["name"] for one in policies}
    assert [one["spec"]["validationActions"] for one in bindings] == [["Deny"], ["Deny"]]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"clusterWide": True}, None),
        ({}, [NAMESPACE]),
        ({"namespaces": ["team-a", "team-b"]}, ["team-a", "team-b"]),
    ],
)
def test_approvals_are_bound_where_the_operator_watches(scope: Object, expected: list[str] | None) -> None:
    (binding,) = of_kind(
        objects(values={"scope": scope, "admission": {"approvals": True}}), "ValidatingAdmissionPolicyBinding"
    )
    place = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": expected}
    limited = {"namespaceSelector": {"matchExpressions": [place]}}
    assert binding["spec"].get("matchResources") == (limited if expected else None)


def test_the_policies_know_the_operator_by_the_account_it_has() -> None:
    named = objects(values={**ON, "serviceAccount": {"name": "robot"}})
    (deployment,) = of_kind(named, "Deployment")
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == "robot"
    for one in of_kind(named, "ValidatingAdmissionPolicy"):
        assert f"system:serviceaccount:{NAMESPACE}:robot" in str(one["spec"])


# Approvals


def asking(**annotations: str) -> Object:
    """A Step with decisions: `approved=`, `rejected=`."""
    notes = {f"penstock.dev/{word}-by": name for word, name in annotations.items()}
    return {"kind": "Step", "metadata": {"name": "ask.sign-off", **({"annotations": notes} if notes else {})}}


@pytest.mark.parametrize(
    ("old", "new", "user"),
    [
        (asking(), asking(approved="ann"), "ann"),
        (asking(), asking(rejected="oidc:ann@example.com"), "oidc:ann@example.com"),
        (None, asking(approved="ann"), "ann"),
        (None, asking(), "bob"),
        (asking(), asking(), "bob"),
        (asking(approved="ann"), asking(approved="ann"), "bob"),
        (asking(approved="ann"), asking(approved="ann", rejected="bob"), "bob"),
        (asking(approved="ann"), asking(), "ann"),
        (asking(approved="ann"), asking(), OPERATOR),
        (asking(approved="ann", rejected="bob"), asking(), OPERATOR),
    ],
)
def test_a_decision_in_ones_own_name_and_everything_else_is_let_through(
    old: Object | None, new: Object, user: str
) -> None:
    assert policy("approvals").denials(user, old=old, new=new) == []


@pytest.mark.parametrize(
    ("old", "new", "user"),
    [
        (asking(), asking(approved="boss"), "ann"),
        (asking(), asking(rejected="boss"), "ann"),
        (asking(), asking(approved=""), "ann"),
        (None, asking(approved="boss"), "ann"),
        (asking(), asking(approved="ann"), OPERATOR),
        (asking(), asking(approved="ann", rejected="bob"), "ann"),
        (asking(approved="ann"), asking(approved="boss"), "bob"),
        (asking(rejected="bob"), asking(rejected="bob", approved="boss"), "ann"),
    ],
)
def test_nobody_decides_in_anothers_name(old: Object | None, new: Object, user: str) -> None:
    said = policy("approvals").denials(user, old=old, new=new)
    assert f"{APPROVED} and {REJECTED} take your own user name: {user}" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (asking(rejected="ann"), asking()),
        (asking(rejected="ann"), asking(rejected="bob")),
        (asking(rejected="ann"), asking(approved="bob")),
    ],
)
def test_nobody_takes_anothers_decision_back(old: Object, new: Object) -> None:
    assert policy("approvals").denials("bob", old=old, new=new) == ["only who decided takes the decision back"]


# What the operator's account may touch

META = {
    "namespace": "ns",
    "uid": "u",
    "resourceVersion": "1",
    "generation": 1,
    "creationTimestamp": "2026-01-01T00:00:00Z",
}
PIPELINE = pipeline_view({"metadata": {**META, "name": "p"}, "spec": {}, "status": {"round": 2, "revision": 1}})
OBJECT_STORE = {"objectStore": {"uri": "s3://bucket/team", "secretName": "keys", "endpoint": "http://s3:9000"}}


def golden(name: str) -> Object:
    made: Object = yaml.safe_load((CASES / f"{name}.plan.yaml").read_text())
    return made


def job() -> Object:
    """The Job of an attempt."""
    made: Object = golden("03-first-job")["jobs"][0]
    return made


def collecting(storage: Object) -> Object:
    """The Job that collects artifacts."""
    made = graph(step("a", outputs={"file": "Artifact"}), storage=storage)
    return collector(made, PIPELINE, Collection("penstock/p-u", {}, 60.0), "courier")


def written() -> Iterator[Object]:
    """Objects as core has the operator create them, of every kind there is."""
    for path in sorted(CASES.glob("*.plan.yaml")):
        made = yaml.safe_load(path.read_text())
        yield from (*made.get("jobs", ()), *made.get("services", ()), *made.get("createSteps", ()))
        yield from filter(None, (made.get("claim"),))
    stored = job()
    stored["spec"]["template"] = yaml.safe_load((CASES.parent / "object-store-pod.yaml").read_text())
    yield stored
    yield from map(collecting, ({"claimName": "c"}, OBJECT_STORE))
    yield revision_manifest(PIPELINE, Standing.of(PIPELINE.status), {})
    schedule = schedule_view({"metadata": {**META, "name": "s"}, "spec": {"pipelineTemplate": {"spec": {}}}})
    yield pipeline_manifest(schedule, 1_800_000_000.0)


def test_all_that_the_operator_creates_and_deletes_is_let_through() -> None:
    found = list(written())
    assert {one["kind"] for one in found} == PLURALS.keys()
    for one in found:
        assert policy("operator").denials(OPERATOR, new=one) == [], one["metadata"]["name"]
        assert policy("operator").denials(OPERATOR, old=one) == [], one["metadata"]["name"]


def changed(thing: Object, change: Callable[[Object], Any]) -> Object:
    copied = copy.deepcopy(thing)
    change(copied)
    return copied


UNOWNED: list[Callable[[Object], Any]] = [
    lambda one: one["metadata"].pop("ownerReferences"),
    lambda one: one["metadata"]["ownerReferences"].clear(),
    lambda one: one["metadata"]["ownerReferences"][0].pop("controller"),
    lambda one: one["metadata"]["ownerReferences"][0].update(controller=False),
    lambda one: one["metadata"]["ownerReferences"][0].update(apiVersion="apps/v1"),
    lambda one: one["metadata"]["ownerReferences"][0].update(kind="Component"),
]


@pytest.mark.parametrize("change", UNOWNED)
@pytest.mark.parametrize("kind", PLURALS)
def test_what_nothing_of_penstock_controls_is_neither_created_nor_deleted(
    kind: str, change: Callable[[Object], Any]
) -> None:
    thing = changed(next(one for one in written() if one["kind"] == kind), change)
    words = [f"the operator touches no {PLURALS[kind][1]} that no object of Penstock controls"]
    assert policy("operator").denials(OPERATOR, new=thing) == words
    ours = kind in ("Step", "Pipeline")  # the spec of a Step that lost its owner is nobody's to delete, but no harm
    assert policy("operator").denials(OPERATOR, old=thing) == ([] if ours else words)
    assert policy("operator").denials("somebody else", new=thing) == []


def test_a_claim_is_not_taken_over() -> None:
    ours = next(one for one in written() if one["kind"] == "PersistentVolumeClaim")
    larger = changed(ours, lambda one: one["spec"]["resources"]["requests"].update(storage="2Ti"))
    assert policy("operator").denials(OPERATOR, old=ours, new=larger) == []
    theirs = changed(ours, UNOWNED[0])
    assert policy("operator").denials(OPERATOR, old=theirs, new=larger) != []
    assert policy("operator").denials(OPERATOR, old=ours, new=theirs) != []


def test_what_bears_no_label_is_not_created() -> None:
    words = ["what the operator touches bears the label app.kubernetes.io/managed-by=penstock"]
    for thing in written():
        for change in (lambda one: one["metadata"].pop("labels"), lambda one: one["metadata"]["labels"].clear()):
            assert policy("operator").denials(OPERATOR, new=changed(thing, change)) == words, thing["kind"]


def pod(thing: Object) -> Object:
    found: Object = thing["spec"]["template"]["spec"]
    return found


def container(thing: Object) -> Object:
    found: Object = pod(thing)["containers"][0]
    return found


NODE = "the pods of steps use nothing of a node, and are placed by the scheduler"
VOLUMES = "volumes of steps are configMap, secret, emptyDir, persistentVolumeClaim or image"
RESTRICTED = "the pods of steps run under Pod Security restricted"
TOKEN = "a token is mounted only for a service account that the step names"


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (NODE, lambda one: pod(one).update(hostNetwork=True)),
        (NODE, lambda one: pod(one).update(hostPID=True)),
        (NODE, lambda one: pod(one).update(hostIPC=True)),
        (NODE, lambda one: pod(one).update(nodeName="node-1")),
        (NODE, lambda one: container(one).update(ports=[{"containerPort": 80, "hostPort": 80}])),
        (VOLUMES, lambda one: pod(one).update(volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {}}])),
        (VOLUMES, lambda one: pod(one).update(volumes=[{"name": "a", "projected": {"sources": []}}])),
        (VOLUMES, lambda one: pod(one).update(volumes=[{"name": "a", "csi": {"driver": "d"}}])),
        (RESTRICTED, lambda one: pod(one).pop("securityContext")),
        (RESTRICTED, lambda one: pod(one)["securityContext"].pop("runAsNonRoot")),
        (RESTRICTED, lambda one: pod(one)["securityContext"].update(seccompProfile={"type": "Unconfined"})),
        (RESTRICTED, lambda one: pod(one)["securityContext"].update(windowsOptions={"hostProcess": True})),
        (RESTRICTED, lambda one: container(one).pop("securityContext")),
        (RESTRICTED, lambda one: container(one)["securityContext"].update(privileged=True)),
        (RESTRICTED, lambda one: container(one)["securityContext"].pop("allowPrivilegeEscalation")),
        (RESTRICTED, lambda one: container(one)["securityContext"].update(capabilities={"drop": ["NET_RAW"]})),
        (
            RESTRICTED,
            lambda one: container(one)["securityContext"].update(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
        ),
        (RESTRICTED, lambda one: container(one)["securityContext"].update(runAsNonRoot=False)),
        (RESTRICTED, lambda one: container(one)["securityContext"].update(runAsUser=0)),
        (RESTRICTED, lambda one: pod(one).update(initContainers=[{"name": "x", "image": "i"}])),
        (TOKEN, lambda one: pod(one).pop("automountServiceAccountToken")),
        (TOKEN, lambda one: pod(one).update(automountServiceAccountToken=True)),
    ],
)
def test_a_job_whose_pods_may_more_is_not_created(words: str, change: Callable[[Object], Any]) -> None:
    assert policy("operator").denials(OPERATOR, new=changed(job(), change)) == [words]


def test_a_token_of_a_service_account_that_is_named() -> None:
    named = changed(job(), lambda one: pod(one).update(automountServiceAccountToken=True, serviceAccountName="robot"))
    assert policy("operator").denials(OPERATOR, new=named) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.pop("clusterIP"),
        lambda spec: spec.update(clusterIP="10.0.0.1"),
        lambda spec: spec.update(externalIPs=["192.0.2.1"]),
        lambda spec: spec.pop("selector"),
        lambda spec: spec["selector"].update(app="web"),
        lambda spec: spec.update(selector={"app": "web"}),
    ],
)
def test_a_service_for_other_pods_is_not_created(change: Callable[[Object], Any]) -> None:
    (service,) = golden("17-gang")["services"]
    other = changed(service, lambda one: change(one["spec"]))
    assert policy("operator").denials(OPERATOR, new=other) == [
        "the Service of a step is headless, for the pods of the gang of its name"
    ]


@pytest.mark.parametrize("field", ["volumeName", "dataSource", "dataSourceRef"])
def test_a_claim_of_a_volume_with_somebody_elses_data_is_not_created(field: str) -> None:
    claim = next(one for one in written() if one["kind"] == "PersistentVolumeClaim")
    other = changed(claim, lambda one: one["spec"].update({field: "theirs"}))
    assert policy("operator").denials(OPERATOR, new=other) == ["a claim for artifacts is of a fresh, empty volume"]
    assert policy("operator").denials(OPERATOR, old=claim, new=other) == []
