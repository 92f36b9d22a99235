"""Names that somebody else has taken: nothing of theirs is touched, and the step says so."""

from __future__ import annotations

import pytest

from penstock.core.names import job_name, service_name
from tests.e2e.manifests import IMAGE, pipeline, step
from tests.e2e.space import Object, Space


def theirs(kind: str, name: str) -> Object:
    """A Job that never runs, or a Service of nothing."""
    if kind == "service":
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"clusterIP": "None"}}
    pod = {"restartPolicy": "Never", "containers": [{"name": "theirs", "image": IMAGE}]}
    spec = {"suspend": True, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("kind", ["job", "service"])
def test_what_somebody_else_has_is_left_alone(space: Space, kind: str) -> None:
    gang = step("a", replicas=2, startTimeout="2s")
    space.apply(pipeline("taken", gang, suspend=True))
    space.wait("step/taken.a", "create")
    owner = space.one("step/taken.a")["metadata"]["uid"]
    name = service_name("taken.a", owner) if kind == "service" else job_name("taken.a", owner, run=1, attempt=1)
    space.apply(theirs(kind, name))
    uid = space.one(f"{kind}/{name}")["metadata"]["uid"]
    space.apply(pipeline("taken", gang))
    assert space.finish("pipeline/taken")["status"]["phase"] == "Failed"
    assert f"{name} exists and belongs to somebody else; delete it" in space.step("taken", "a")["message"]
    assert space.one(f"{kind}/{name}")["metadata"]["uid"] == uid
