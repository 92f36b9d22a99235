"""What a deployer's token is worth: two verbs on three named objects, and of those only a switch between two slots."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.serving.place import DEPLOYER, NAME, NAMESPACE, PATCH, SERVICE, Place, slot

Object = dict[str, Any]

MODEL = "penstock.dev/model"
VERSION = "sha256-0123456789abcdef"
VERBS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}
ALLOWED = {
    (slot("a"), "GET"),
    (slot("b"), "GET"),
    (SERVICE, "GET"),
    (slot("a"), "PATCH"),
    (slot("b"), "PATCH"),
    (SERVICE, "PATCH"),
}


def filled(**pod: Any) -> Object:
    return {"spec": {"template": pod}}


def container(**fields: Any) -> Object:
    """A merge patch replaces lists, so the container is given whole."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "server", "image": "plugh", **fields}]}}}}


@pytest.fixture(scope="module")
def ready(slots: Place) -> Place:
    """The policy is at work: the API server takes a moment to compile it."""
    deadline = time.monotonic() + 60
    while slots.patch(slot("a") + "?dryRun=All", {"spec": {"minReadySeconds": 7}})[0] != 422:
        assert time.monotonic() < deadline, "the policy refuses nothing"
        time.sleep(0.2)
    return slots


@pytest.mark.parametrize("where", [slot("a"), slot("b"), SERVICE])
def test_it_reads_the_three_objects(ready: Place, where: str) -> None:
    assert ready.ask("GET", where)[0] == 200


@pytest.mark.parametrize("name", ["a", "b"])
def test_it_fills_a_slot(ready: Place, name: str) -> None:
    notes = {"annotations": {MODEL: VERSION}}
    patch = {"metadata": {"annotations": {MODEL: "plugh"}}, "spec": {"replicas": 2, "template": {"metadata": notes}}}
    code, answer = ready.patch(slot(name), patch)
    assert code == 200, answer["message"]
    assert answer["spec"]["replicas"] == 2
    assert answer["spec"]["template"]["metadata"]["annotations"] == {MODEL: VERSION}
    assert ready.patch(slot(name), {"spec": {"replicas": 0}})[0] == 200


def test_it_switches_and_writes_down_what_is_live(ready: Place) -> None:
    for name in ("b", "a"):
        notes = {"penstock.dev/serving": "{}", "penstock.dev/next": None}
        patch = {"metadata": {"annotations": notes}, "spec": {"selector": {"penstock.dev/slot": name}}}
        code, answer = ready.patch(SERVICE, patch)
        assert code == 200, answer["message"]
        assert answer["spec"]["selector"]["penstock.dev/slot"] == name


SLOT_PATCHES: dict[str, Object] = {
    "image": container(),
    "command": container(command=["sh"]),
    "a Secret as variables": container(envFrom=[{"secretRef": {"name": "plugh"}}]),
    "privileged": container(securityContext={"privileged": True}),
    "a Secret as a volume": filled(
        spec={"volumes": [{"name": "models", "secret": {"secretName": "plugh"}}, {"name": "tmp", "emptyDir": {}}]}
    ),
    "another container": filled(spec={"initContainers": [{"name": "x", "image": "plugh"}]}),
    "another account": filled(spec={"serviceAccountName": DEPLOYER}),
    "its token": filled(spec={"automountServiceAccountToken": True}),
    "the node's network": filled(spec={"hostNetwork": True}),
    "a node": filled(spec={"nodeName": "plugh"}),
    "a priority": filled(spec={"priorityClassName": "system-cluster-critical"}),
    "a pod's label": filled(metadata={"labels": {"plugh": "xyzzy"}}),
    "a pod's finalizer": filled(metadata={"finalizers": ["plugh.example.com/xyzzy"]}),
    "a pod's owner": filled(
        metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "plugh", "uid": "xyzzy"}]}
    ),
    "a pod's name": filled(metadata={"name": "plugh"}),
    "a pod's annotation": filled(metadata={"annotations": {"plugh": "xyzzy"}}),
    "a model that is a path": filled(metadata={"annotations": {MODEL: "../../etc"}}),
    "a model and a flag": filled(metadata={"annotations": {MODEL: f"{VERSION} --host=plugh"}}),
    "more pods than it may": {"spec": {"replicas": 11}},
    "strategy": {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}},
    "paused": {"spec": {"paused": True}},
    "minReadySeconds": {"spec": {"minReadySeconds": 7}},
    "revisionHistoryLimit": {"spec": {"revisionHistoryLimit": 7}},
    "progressDeadlineSeconds": {"spec": {"progressDeadlineSeconds": 7}},
    "a label": {"metadata": {"labels": {"plugh": "xyzzy"}}},
    "a label less": {"metadata": {"labels": {"app.kubernetes.io/part-of": None}}},
    "an annotation": {"metadata": {"annotations": {"plugh": "xyzzy"}}},
    "an annotation less": {"metadata": {"annotations": {"meta.helm.sh/release-name": None}}},
    "a finalizer": {"metadata": {"finalizers": ["plugh.example.com/xyzzy"]}},
    "an owner": {
        "metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "plugh", "uid": "xyzzy"}]}
    },
}
SERVICE_PATCHES: dict[str, Object] = {
    "a third slot": {"spec": {"selector": {"penstock.dev/slot": "c"}}},
    "any slot": {"spec": {"selector": {"penstock.dev/slot": None}}},
    "other pods": {"spec": {"selector": {"app.kubernetes.io/instance": "bank"}}},
    "more of a selector": {"spec": {"selector": {"plugh": "xyzzy"}}},
    "no selector": {"spec": {"selector": None}},
    "another port": {"spec": {"ports": [{"name": "http", "port": 81}]}},
    "a node's port": {"spec": {"type": "NodePort"}},
    "a load balancer": {"spec": {"type": "LoadBalancer"}},
    "another name": {"spec": {"type": "ExternalName", "externalName": "plugh.example.com"}},
    "another address": {"spec": {"externalIPs": ["192.0.2.1"]}},
    "affinity": {"spec": {"sessionAffinity": "ClientIP"}},
    "pods that are not ready": {"spec": {"publishNotReadyAddresses": True}},
    "traffic": {"spec": {"internalTrafficPolicy": "Local"}},
    "distribution": {"spec": {"trafficDistribution": "PreferClose"}},
    "families": {"spec": {"ipFamilyPolicy": "PreferDualStack"}},
    "a label": {"metadata": {"labels": {"plugh": "xyzzy"}}},
    "an annotation": {"metadata": {"annotations": {"service.beta.kubernetes.io/plugh": "xyzzy"}}},
    "a finalizer": {"metadata": {"finalizers": ["plugh.example.com/xyzzy"]}},
}
PATCHES = [(slot("a"), what, patch) for what, patch in SLOT_PATCHES.items()]
PATCHES += [(SERVICE, what, patch) for what, patch in SERVICE_PATCHES.items()]


@pytest.mark.parametrize(
    ("where", "what", "patch"), PATCHES, ids=[f"{where.split('/')[-1]}: {what}" for where, what, _ in PATCHES]
)
def test_it_changes_nothing_else_of_them(ready: Place, where: str, what: str, patch: Object) -> None:
    before = _asked_for(ready, where)
    code, answer = ready.patch(where, patch)
    assert code == 422, (what, answer)
    assert "ValidatingAdmissionPolicy" in answer["message"], answer
    assert _asked_for(ready, where) == before


def _asked_for(place: Place, where: str) -> Object:
    """The object without what the cluster's controllers write down in it, at any time."""
    found: Object = json.loads(place.plane.kubectl("get", "--raw", where))
    found.pop("status", None)
    for field in ("resourceVersion", "managedFields"):
        found["metadata"].pop(field, None)
    found["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    return found


def test_it_may_no_more_than_an_account_without_any_role(ready: Place) -> None:
    tried = []
    for group in _groups(ready):
        for resource in json.loads(ready.plane.kubectl("get", "--raw", group))["resources"]:
            for verb in resource["verbs"]:
                tried += [(verb, path) for path in _paths(group, resource, verb)]
    let_through = []
    for verb, path in tried:
        method = VERBS.get(verb, "DELETE")
        if (path, method) in ALLOWED:
            continue
        kind = PATCH if method == "PATCH" else "application/json"
        body = {} if method in ("POST", "PUT", "PATCH") else None
        code, answer = ready.ask(method, path, body, kind)
        # Everybody may ask who he is, and read whom the cluster trusts.
        if code != 403 and ready.stranger().ask(method, path, body, kind)[0] == 403:
            let_through.append((verb, path, code, answer.get("message")))
    assert let_through == []
    assert len(tried) > 500


def _groups(place: Place) -> list[str]:
    found = json.loads(place.plane.kubectl("get", "--raw", "/apis"))["groups"]
    return ["/api/v1", *(f"/apis/{version['groupVersion']}" for group in found for version in group["versions"])]


def _paths(group: str, resource: Object, verb: str) -> list[str]:
    """Objects by the names that the deployer knows, and collections in its namespace and in all."""
    name, _, part = resource["name"].partition("/")
    own = f"{group}/namespaces/{NAMESPACE}/{name}" if resource["namespaced"] else f"{group}/{name}"
    if verb in ("list", "watch", "deletecollection"):
        query = "?watch=true&timeoutSeconds=1" if verb == "watch" else ""
        every = [] if verb == "deletecollection" else [f"{group}/{name}{query}"]
        return [f"{own}{query}", *every]
    if verb == "create" and not part:
        return [own]
    suffix = f"/{part}" if part else ""
    return [f"{own}/{one}{suffix}" for one in (NAME, f"{NAME}-a", DEPLOYER)]


@pytest.mark.parametrize(
    ("model", "free", "field"),
    [
        ("io.k8s.api.apps.v1.DeploymentSpec", {"replicas", "template"}, "object.spec.?"),
        ("io.k8s.api.core.v1.ServiceSpec", {"selector"}, "object.spec.?"),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", {"annotations"}, "object.metadata.?"),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", {"annotations"}, "object.spec.template.metadata.?"),
    ],
)
def test_the_policy_knows_all_fields_that_there_are(ready: Place, model: str, free: set[str], field: str) -> None:
    path = "/openapi/v3/api/v1" if "Service" in model else "/openapi/v3/apis/apps/v1"
    fields = set(json.loads(ready.plane.kubectl("get", "--raw", path))["components"]["schemas"][model]["properties"])
    policy = ready.plane.kubectl("get", "validatingadmissionpolicy", f"{NAMESPACE}.{DEPLOYER}", "-o", "json")
    # Nobody changes these of an object that is there, or the API server alone does.
    fixed = {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generateName", "generation"}
    fixed |= {"managedFields", "resourceVersion", "selfLink", "uid"}
    fixed |= set() if "template" in field else {"name", "namespace"}
    forgotten = {one for one in fields - free - fixed if f"{field}{one} " not in policy}
    assert forgotten == set()


def test_the_slots_meet_pod_security_restricted(ready: Place) -> None:
    """The namespace enforces it, so the API server refuses what does not."""
    template = json.loads(ready.plane.kubectl("get", "--raw", slot("a")))["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {**template["metadata"], "name": "try"}}
    deadline = time.monotonic() + 60
    while "default" not in ready.kubectl("get", "serviceaccounts", "-o", "name"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    ready.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    made = {**pod, "spec": {**pod["spec"], "hostNetwork": True}}
    with pytest.raises(Exception, match="violates PodSecurity"):
        ready.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(made))


def test_an_upgrade_of_the_chart_leaves_what_is_live_as_it_is(ready: Place) -> None:
    live = {"spec": {"replicas": 3, "template": {"metadata": {"annotations": {MODEL: VERSION}}}}}
    switch = {
        "metadata": {"annotations": {"penstock.dev/serving": "{}"}},
        "spec": {"selector": {"penstock.dev/slot": "b"}},
    }
    assert ready.patch(slot("b"), live)[0] == ready.patch(SERVICE, switch)[0] == 200
    ready.helm("--set", "window.items=7")
    found = ready.ask("GET", slot("b"))[1]["spec"]
    assert found["replicas"] == 3
    assert found["template"]["metadata"]["annotations"] == {MODEL: VERSION}
    assert "--window=7" in found["template"]["spec"]["containers"][0]["args"]
    service = ready.ask("GET", SERVICE)[1]
    assert service["spec"]["selector"]["penstock.dev/slot"] == "b"
    assert service["metadata"]["annotations"]["penstock.dev/serving"] == "{}"
