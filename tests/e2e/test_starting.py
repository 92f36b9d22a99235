"""Containers that never start: the step fails after ``startTimeout``, with the cluster's own words."""

from __future__ import annotations

from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Object, Space

SOON = "8s"


def failed(space: Space, one: Object) -> str:
    """Apply a Pipeline of this step; the message with which the step failed to start."""
    space.apply(pipeline("start", {"startTimeout": SOON, **one}))
    assert space.finish("pipeline/start")["status"]["phase"] == "Failed"
    status = space.step("start", one["name"])
    assert (status["phase"], status["reason"]) == ("Failed", "StartFailed")
    assert SOON in status["message"]
    assert all("deletionTimestamp" in pod["metadata"] for pod in space.all("pods"))
    return str(status["message"])


def test_an_image_that_cannot_be_pulled(space: Space) -> None:
    message = failed(space, step("pull", image="localhost/penstock-is-not-there:1"))
    assert "ImagePull" in message
    assert "localhost/penstock-is-not-there:1" in message


def test_a_service_account_that_is_missing(space: Space) -> None:
    assert 'serviceaccount "ghost" not found' in failed(space, step("ghost", pod={"serviceAccountName": "ghost"}))


def test_a_pod_refused_by_quota(space: Space) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight"}}
    space.apply({**quota, "spec": {"hard": {"limits.cpu": "1"}}})
    message = failed(space, step("unlimited"))
    assert "must specify limits.cpu" in message
    assert "tight" in message


def test_a_pod_refused_by_pod_security(space: Space) -> None:
    annotations = {"container.apparmor.security.beta.kubernetes.io/step": "unconfined"}
    message = failed(space, step("unconfined", pod={"annotations": annotations}))
    assert 'violates PodSecurity "restricted' in message


def test_other_steps_go_on_meanwhile(space: Space) -> None:
    stuck = {"name": "stuck", "image": "localhost/penstock-is-not-there:1", "startTimeout": "20s"}
    space.apply(pipeline("both", stuck, step("fine"), onFailure="Continue"))
    (failed,) = space.finish("pipeline/both")["status"]["failedSteps"]
    assert failed["name"] == "stuck"
    assert space.step("both", "fine")["completionTime"] < space.step("both", "stuck")["completionTime"]
