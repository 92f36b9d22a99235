"""Pods of steps that leave artifacts on a claim of which the digests are asked for."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.core.pod.test_object_store import MAKE, WAITING, cluster, ended, pod_of, running

from penstock.core.pod.contents import Contents, told
from penstock.core.pod.transfer import Transfer

CLAIM = {"claimName": "team", "digests": True}
MODEL = Contents("5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5", 1234)


def observe(one: Cluster, phase: str, step: Any, publish: Any) -> dict[str, Any]:
    """Sets what kubelet says of the only pod; the status of its Step after that."""
    one.start_pods()
    (pod,) = one.of("Pod")
    pod["status"] = {
        "phase": phase,
        "initContainerStatuses": [{"name": "step", "state": step}],
        "containerStatuses": [{"name": "publish", "state": publish}],
    }
    one.changed(pod)
    one.reconcile()
    found: dict[str, Any] = one.step("make")["status"]
    return found


def test_the_container_after_the_step_reads_and_knows_no_secret() -> None:
    spec = pod_of(cluster(MAKE, storage=CLAIM))
    (step,), (publish,) = spec["initContainers"], spec["containers"]
    assert (step["name"], publish["name"], publish["image"]) == ("step", "publish", "courier")
    assert publish["volumeMounts"] == [{**step["volumeMounts"][0], "readOnly": True}]
    env = {one["name"]: one for one in publish["env"]}
    assert not any("valueFrom" in one for one in env.values())
    transfer = Transfer.parse(env["PENSTOCK_TRANSFER"]["value"])
    assert (transfer.uri, transfer.publish, transfer.directory) == ("", {"model": False}, "/penstock/outputs")
    assert publish["securityContext"]["allowPrivilegeEscalation"] is False


@pytest.mark.parametrize(
    ("step", "storage"),
    [
        (MAKE, {"claimName": "team"}),
        ({**MAKE, "replicas": 2}, CLAIM),
        ({**MAKE, "outputs": [{"name": "n", "type": "Integer"}]}, CLAIM),
    ],
    ids=["not asked for", "others may still write", "no artifacts"],
)
def test_otherwise_there_is_none(step: dict[str, Any], storage: dict[str, Any]) -> None:
    spec = pod_of(cluster(step, storage=storage))
    assert "initContainers" not in spec
    assert [one["name"] for one in spec["containers"]] == ["step"]


def test_the_step_has_succeeded_once_they_are_known() -> None:
    one = cluster(MAKE, storage=CLAIM)
    done = ended(one.now, message='{"n": 1}')
    one.now += 5
    assert observe(one, "Running", done, running(one.now))["phase"] == "Running"
    status = observe(one, "Succeeded", done, ended(one.now, message=told({"model": MODEL})))
    assert status["phase"] == "Succeeded"
    assert status["outputs"] == {"n": 1}
    assert status["contents"] == {"model": {"sha256": MODEL.sha256, "bytes": 1234}}
    assert status["artifacts"]["model"].startswith("pvc://team/")


def test_a_step_that_fails_is_its_own_failure() -> None:
    one = cluster(MAKE, storage=CLAIM)
    status = observe(one, "Failed", ended(one.now, 3, "boom"), WAITING)
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Error", "exit code 3: boom")
