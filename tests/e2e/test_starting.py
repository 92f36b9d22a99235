"""Containers that never start: the step fails after ``startTimeout``, with the cluster's own words."""

from __future__ import annotations

import pytest

from tests.e2e.expectations import most
from tests.e2e.gates import Gate
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Object, Space
from tests.e2e.starting import SOON, never_starts


def failed(space: Space, one: Object, words: str) -> str:
    """The message with which the step failed to start; nothing of it is left."""
    message = never_starts(space, one, words)
    assert SOON in message
    assert all("deletionTimestamp" in pod["metadata"] for pod in space.all("pods"))
    return message


@pytest.mark.kind("images")
def test_an_image_that_cannot_be_pulled(space: Space) -> None:
    message = failed(space, step("pull", image="localhost/penstock-is-not-there:1"), "ImagePull")
    assert "localhost/penstock-is-not-there:1" in message


def volume(**source: Object) -> Object:
    return {"volumes": [{"name": "v", **source}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}


@pytest.mark.kind("kubelet: its words")
def test_a_config_map_that_is_missing(space: Space) -> None:
    words = 'configmap "absent" not found'
    assert words in failed(space, step("config", pod=volume(configMap={"name": "absent"})), words)


@pytest.mark.kind("storage")
def test_a_claim_that_is_missing(space: Space) -> None:
    words = 'persistentvolumeclaim "absent" not found'
    assert words in failed(space, step("claim", pod=volume(persistentVolumeClaim={"claimName": "absent"})), words)


@pytest.mark.kind("RBAC")
def test_a_service_account_that_is_missing(space: Space) -> None:
    words = 'serviceaccount "ghost" not found'
    assert words in failed(space, step("ghost", pod={"serviceAccountName": "ghost"}), words)


def quota(**hard: str) -> Object:
    metadata = {"name": "tight"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}


def test_a_quota_that_no_pod_can_meet(space: Space) -> None:
    space.apply(quota(**{"limits.cpu": "1"}))
    space.apply(pipeline("start", step("unlimited")))
    space.finish("pipeline/start")
    status = space.step("start", "unlimited")
    assert (status["phase"], status["reason"]) == ("Failed", "NeverFits")
    assert "limits.cpu" in status["message"]
    assert "tight" in status["message"]


def test_a_quota_that_is_full_for_a_while_fails_nothing(space: Space, gate: Gate) -> None:
    space.apply(quota(pods="1"))
    with space.watching("pods") as pods:
        space.apply(pipeline("turns", step("a", gate.held), step("b"), step("c")))
        space.wait("step/turns.b", "jsonpath={.status.reason}=QuotaExceeded")
        status = space.step("turns", "b")
        assert status["phase"] == "Queued"
        left = "needs 1 pod, ResourceQuota tight has 0 of 1 left; held by turns/a until about "
        assert status["message"].startswith(left)
        assert space.attempts() == ["a/#1"], "what cannot start has no Job"
        gate.open()
        assert space.finish("pipeline/turns")["status"]["phase"] == "Succeeded"
    assert most(pods) == 1
    assert space.attempts() == ["a/#1", "b/#1", "c/#1"]


@pytest.mark.parametrize("counted", ["count/jobs.batch", "count/pods"])
def test_a_quota_that_counts_what_has_ended_is_no_dead_end(space: Space, counted: str) -> None:
    space.apply(quota(**{counted: "2"}))
    fan = {"forEach": {"vars": [{"name": "n", "range": {"start": 0, "stop": 6}}]}}
    with space.watching("jobs") as jobs:
        space.apply(pipeline("wide", step("many", **fan)))
        assert space.finish("pipeline/wide", 180)["status"]["phase"] == "Succeeded"
    assert len({job["metadata"]["uid"] for job in jobs}) == 6, "each ran once"
    # Three pods have been seen under a quota of two, which only the API server can have let in; of Jobs never more.
    most_left = 2 if counted == "count/jobs.batch" else 5
    assert len(space.jobs()) <= most_left, "those that ended made room"
    assert all(status["status"]["attempts"] for status in space.steps("wide").values()), "their outcome is on record"


@pytest.mark.kind("admission")
def test_a_pod_refused_by_pod_security(space: Space) -> None:
    annotations = {"container.apparmor.security.beta.kubernetes.io/step": "unconfined"}
    words = 'violates PodSecurity "restricted'
    assert words in failed(space, step("unconfined", pod={"annotations": annotations}), words)


def test_other_steps_go_on_meanwhile(space: Space) -> None:
    stuck = {"name": "stuck", "image": "localhost/penstock-is-not-there:1"}

    def version(timeout: str) -> Object:
        return pipeline("both", {**stuck, "startTimeout": timeout}, step("fine"), onFailure="Continue")

    space.apply(version("1h"))
    space.wait("step/both.fine", "condition=Complete")
    space.apply(version(SOON))
    (failed,) = space.finish("pipeline/both")["status"]["failedSteps"]
    assert failed["name"] == "stuck"
