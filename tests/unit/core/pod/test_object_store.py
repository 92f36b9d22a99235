"""Pods of steps whose artifacts are in an object store: their containers, and what becomes of the attempt."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.properties.model import Cluster

from penstock.api import quantities
from penstock.core.clock import stamp
from penstock.core.pod.contents import Contents, told
from penstock.core.pod.mounts import courier_resources
from penstock.core.pod.transfer import Transfer

GOLDEN = Path(__file__).parents[3] / "golden/object-store-pod.yaml"
STORE = {"uri": "s3://bucket/team", "secretName": "keys", "endpoint": "http://s3:9000"}
MAKE = {"name": "make", "outputs": [{"name": "model", "type": "Artifact"}, {"name": "n", "type": "Integer"}]}
USE = {
    "name": "use",
    "inputs": [{"name": "model", "from": "make.model"}],
    "outputs": [{"name": "report", "type": "Artifact", "optional": True}],
}


def cluster(*steps: dict[str, Any], **spec: Any) -> Cluster:
    one = Cluster()
    given = [{"image": "python", "script": "true", **step} for step in steps]
    spec = {"storage": {"objectStore": STORE}, "steps": given, **spec}
    one.apply({"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec})
    one.reconcile()
    return one


def pod_of(one: Cluster, number: int = -1) -> dict[str, Any]:
    spec: dict[str, Any] = one.of("Job")[number]["spec"]["template"]["spec"]
    return spec


def running(at: float) -> dict[str, Any]:
    return {"running": {"startedAt": stamp(at)}}


def ended(at: float, code: int = 0, message: str = "", reason: str = "") -> dict[str, Any]:
    state = {"exitCode": code, "message": message, "reason": reason or ("Error" if code else "Completed")}
    return {"terminated": {**state, "startedAt": stamp(at - 1), "finishedAt": stamp(at)}}


WAITING = {"waiting": {"reason": "PodInitializing"}}


def observe(one: Cluster, phase: str, fetch: Any, step: Any, publish: Any, **status: Any) -> dict[str, Any]:
    """Sets what kubelet says of the only pod; the status of its Step after that."""
    one.start_pods()
    (pod,) = one.of("Pod")
    pod["status"] = {
        "phase": phase,
        "initContainerStatuses": [{"name": "fetch", "state": fetch}, {"name": "step", "state": step}],
        "containerStatuses": [{"name": "publish", "state": publish}],
        **status,
    }
    one.changed(pod)
    one.reconcile()
    found: dict[str, Any] = one.step("make")["status"]
    return found


def test_the_pod_is_as_the_golden_one() -> None:
    """Update tests/golden/object-store-pod.yaml by hand where this difference is wanted."""
    resources = {"requests": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": 1}}
    one = cluster(MAKE, {**USE, "resources": resources})
    observe(one, "Succeeded", ended(one.now), ended(one.now, message='{"n": 1}'), ended(one.now))
    (job,) = (job for job in one.of("Job") if job["metadata"]["labels"]["penstock.dev/step"] == "use")
    found = json.loads(re.sub(r"-uid-\d+/", "-UID/", json.dumps(job["spec"]["template"])))
    assert found == yaml.safe_load(GOLDEN.read_text())


def test_three_containers_and_only_the_users_own_sees_no_credentials() -> None:
    spec = pod_of(cluster(MAKE))
    containers = [*spec["initContainers"], *spec["containers"]]
    assert [one["name"] for one in containers] == ["fetch", "step", "publish"]
    secret = {
        one["name"]: {v["name"] for v in one["env"] if "secretKeyRef" in v.get("valueFrom", {})} for one in containers
    }
    assert secret["step"] == set()
    assert secret["fetch"] == secret["publish"] >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert {one["image"] for one in containers} == {"courier", "python"}
    mounted = {
        one["name"]: {m["mountPath"]: m.get("readOnly", False) for m in one["volumeMounts"]} for one in containers
    }
    assert mounted["step"] == {"/penstock/outputs": False}
    assert mounted["publish"] == {"/penstock/outputs": True}


def test_a_step_without_artifacts_has_one_container() -> None:
    spec = pod_of(cluster({"name": "plain"}))
    assert "initContainers" not in spec
    assert [one["name"] for one in spec["containers"]] == ["step"]


def test_inputs_are_named_relative_to_the_store_and_read_only() -> None:
    one = cluster(MAKE, {**USE, "outputs": []})
    observe(one, "Succeeded", ended(one.now), ended(one.now, message='{"n": 1}'), ended(one.now))
    location = one.step("make")["status"]["artifacts"]["model"]
    assert location.startswith("s3://bucket/team/penstock/p-")
    spec = next(
        job["spec"]["template"]["spec"]
        for job in one.of("Job")
        if job["metadata"]["labels"]["penstock.dev/step"] == "use"
    )
    assert [one["name"] for one in spec["initContainers"]] == ["fetch"]
    (step,) = spec["containers"]
    env = {v["name"]: v.get("value") for v in step["env"]}
    assert env["INPUT_MODEL"] == "/penstock/inputs/model/model"
    assert step["volumeMounts"] == [{"name": "penstock-inputs", "mountPath": "/penstock/inputs", "readOnly": True}]
    orders = next(v["value"] for v in spec["initContainers"][0]["env"] if v["name"] == "PENSTOCK_TRANSFER")
    wanted = list(Transfer.parse(orders).wanted())
    assert wanted == [(location.removeprefix("s3://bucket/team/"), "/penstock/inputs/model/model")]


def test_disk_on_the_node_is_bounded_by_the_step_if_it_says_so() -> None:
    sizes = []
    for resources in ({}, {"limits": {"ephemeral-storage": "300Gi"}}):
        (volume,) = pod_of(cluster({**MAKE, "resources": resources}))["volumes"]
        sizes.append(volume["emptyDir"]["sizeLimit"])
    assert sizes == ["20Gi", "300Gi"]


@pytest.mark.parametrize(
    ("step", "courier"),
    [
        ({}, {}),
        ({"requests": {"cpu": "10m"}}, {"requests": {"cpu": "10m"}}),
        ({"requests": {"cpu": "4", "nvidia.com/gpu": "1"}}, {"requests": {"cpu": "100m"}}),
        (
            {"requests": {"memory": "32Mi"}, "limits": {"memory": "32Mi"}},
            {"requests": {"memory": "32Mi"}, "limits": {"memory": "256Mi"}},
        ),
        (
            {"limits": {"cpu": "8", "memory": "1Ti"}},
            {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "8", "memory": "1Ti"}},
        ),
    ],
)
def test_the_containers_around_a_step_ask_for_no_more_than_it(step: dict[str, Any], courier: dict[str, Any]) -> None:
    found = courier_resources(step)
    assert found == courier
    asked = {**step.get("limits", {}), **step.get("requests", {})}
    for name, amount in found.get("requests", {}).items():
        assert quantities.parse(amount) <= quantities.parse(asked[name])


def test_an_undo_may_read_what_its_step_had_published() -> None:
    make = {**MAKE, "outputs": MAKE["outputs"][:1], "undo": {"script": "echo undo"}}
    bad = {"name": "bad", "script": "false", "needs": ["make"]}
    one = cluster(make, bad, onFailure="Undo")
    one.work = lambda job, env: (int(env.get("PENSTOCK_STEP") == "bad"), "")
    for _ in range(20):
        one.start_pods()
        one.now += 1
        one.finish()
        one.reconcile()
        if one.status["phase"] == "Undoing":
            break
    (undo,) = (job for job in one.of("Job") if "penstock.dev/purpose" in job["metadata"]["annotations"])
    spec = undo["spec"]["template"]["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["fetch"]
    (step,) = spec["containers"]
    assert {"name": "OUTPUT_MODEL", "value": "/penstock/outputs/model/model"} in step["env"]
    assert step["volumeMounts"] == [{"name": "penstock-outputs", "mountPath": "/penstock/outputs", "readOnly": True}]


# --- how far an attempt got


def test_success_only_when_publish_has_ended() -> None:
    one = cluster(MAKE)
    began = one.now
    one.now += 10  # what runs for a moment only is not written as running
    assert observe(one, "Pending", ended(began), running(began), WAITING)["phase"] == "Running"
    done = ended(one.now, message='{"n": 1}')
    assert observe(one, "Running", ended(one.now), done, running(one.now))["phase"] == "Running"
    status = observe(one, "Succeeded", ended(one.now), done, ended(one.now + 30, message="not the step's"))
    assert (status["phase"], status["outputs"]) == ("Succeeded", {"n": 1})
    assert status["attempts"][0]["end"] == stamp(one.now + 30)


def test_what_the_courier_says_is_the_failure() -> None:
    one = cluster(MAKE)
    status = observe(one, "Failed", ended(one.now, 1, "refused the credentials"), WAITING, WAITING)
    assert (status["phase"], status["reason"], status["message"]) == (
        "Failed",
        "FetchFailed",
        "refused the credentials",
    )
    assert "exitCode" not in status["attempts"][0], "that is the user's exit code"


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (1, "PublishFailed", "no bucket"),
        (3, "OutputsInvalid", "artifact 'model' was not written"),
        (137, "PublishFailed", "OOMKilled, exit code 137"),
    ],
)
def test_a_step_whose_artifacts_are_not_published_has_failed(code: int, reason: str, words: str) -> None:
    one = cluster(MAKE)
    said = "" if code == 137 else words
    last = ended(one.now, code, said, "OOMKilled" if code == 137 else "")
    status = observe(one, "Failed", ended(one.now), ended(one.now, message='{"n": 1}'), last)
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", reason, words)
    assert "outputs" not in status


def test_a_failure_of_the_step_is_its_own() -> None:
    one = cluster(MAKE)
    status = observe(one, "Failed", ended(one.now), ended(one.now, 7, "boom"), WAITING)
    assert (status["reason"], status["message"]) == ("Error", "exit code 7: boom")
    assert status["attempts"][0]["exitCode"] == 7


def test_a_transfer_that_failed_is_retried_as_an_error_and_elsewhere() -> None:
    one = cluster({**MAKE, "retry": {"limit": 1, "reasons": ["Error"], "noRetryExitCodes": [1]}})
    status = observe(one, "Failed", ended(one.now, 1, "unreachable"), WAITING, WAITING)
    assert status["phase"] == "Retrying"
    one.end_jobs()
    one.now += 60
    one.reconcile()
    orders = [v["value"] for v in pod_of(one)["initContainers"][0]["env"] if v["name"] == "PENSTOCK_TRANSFER"]
    assert Transfer.parse(orders[0]).place.endswith("/1-2")


def test_a_long_fetch_is_no_late_start() -> None:
    one = cluster(MAKE)
    began = one.now
    one.now += 3600
    status = observe(one, "Pending", running(began), WAITING, WAITING)
    assert (status["phase"], status["reason"]) == ("Running", "Starting")
    assert status["message"] == "artifacts are being fetched"
    pulling = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    assert observe(one, "Pending", ended(one.now), pulling, WAITING)["phase"] == "Running"
    one.now += 601
    status = observe(one, "Pending", ended(one.now - 601), pulling, WAITING)
    assert (status["phase"], status["reason"]) == ("Failed", "StartFailed")
    assert "no such image" in status["message"]


def test_a_timeout_while_publishing_does_not_quote_the_outputs() -> None:
    one = cluster({**MAKE, "timeout": "1m"})
    killed = ended(one.now, 137)
    done = ended(one.now, message='{"n": 1}')
    status = observe(one, "Failed", ended(one.now), done, killed, reason="DeadlineExceeded")
    assert (status["reason"], status["message"]) == ("Deadline", "ran longer than its timeout")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('Usage of EmptyDir volume "penstock-outputs" exceeds the limit "20Gi".', "Error"),
        ("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.", "Error"),
        ('Container step exceeded its local ephemeral storage limit "1Gi".', "Error"),
        ("The node was low on resource: memory. Container step was using 1Gi, request is 0.", "Disrupted"),
    ],
)
def test_a_pod_that_is_evicted_for_what_it_wrote_has_failed(words: str, reason: str) -> None:
    one = cluster(MAKE)
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": words}
    killed = ended(one.now, 137)
    status = observe(one, "Failed", ended(one.now), killed, WAITING, reason="Evicted", conditions=[condition])
    assert (status["attempts"][0]["reason"], status["phase"] == "Failed") == (reason, reason == "Error")
    assert words in status["attempts"][0].get("message", status["message"])


def test_what_was_published_is_told_with_the_result() -> None:
    """In the one write that says that the step has succeeded, and again whenever its result is taken."""
    one = cluster(MAKE)
    model = Contents("5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5", 1234)
    status = observe(
        one,
        "Succeeded",
        ended(one.now),
        ended(one.now, message='{"n": 1}'),
        ended(one.now, message=told({"model": model})),
    )
    contents = {"model": {"sha256": model.sha256, "bytes": 1234}}
    assert status["contents"] == contents
    assert status["results"][0]["contents"] == contents
    other = {"image": "python", "script": "true", **MAKE}
    for script in ("other", "true"):
        manifest = one.objects["Pipeline", "p"]
        one.apply({**manifest, "spec": {**manifest["spec"], "steps": [{**other, "script": script}]}})
        one.reconcile()
    assert one.step("make")["status"]["reason"] == "Reused"
    assert one.step("make")["status"]["contents"] == contents


def test_a_courier_that_says_nothing_of_it_does_no_harm() -> None:
    one = cluster(MAKE)
    status = observe(one, "Succeeded", ended(one.now), ended(one.now, message='{"n": 1}'), ended(one.now))
    assert status["phase"] == "Succeeded"
    assert "contents" not in status
