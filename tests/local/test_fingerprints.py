"""Results are found again by fingerprints, which are the same here as those that the operator writes on a cluster."""

from __future__ import annotations

import asyncio

import pytest

from penstock.local.adapt import adapted
from penstock.local.objects import Object
from tests.local.project import Project, pipeline, step
from tests.shell.conftest import cluster, running, until
from tests.shell.fake import FakeCluster

__all__ = ["cluster"]

COMPONENT: Object = {
    "apiVersion": "penstock.dev/v1alpha1",
    "kind": "Component",
    "metadata": {"name": "graph"},
    "spec": {
        "inputs": [{"name": "x", "type": "Number"}],
        "outputs": [{"name": "y", "type": "Number", "from": "inner.y"}],
        "steps": [
            {
                "name": "inner",
                "image": "i",
                "script": "printf '{\"y\": %s}' $INPUT_X > $PENSTOCK_OUTPUTS",
                "inputs": [{"name": "x", "param": "x"}],
                "outputs": [{"name": "y", "type": "Number"}],
                "resources": {"requests": {"cpu": "100m"}},
            }
        ],
    },
}
PIPELINE = pipeline(
    step("a", "true", env=[{"name": "E", "value": "$(INPUT_N)"}], inputs=[{"name": "n", "value": 1.0}]),
    step("b", "echo > $OUTPUT_F", outputs=[{"name": "f", "type": "Artifact"}], needs=["a"]),
    step(
        "c",
        "test -e $INPUT_F",
        inputs=[{"name": "f", "from": "b.f"}, {"name": "p", "param": "p"}, {"name": "i", "each": "i"}],
        forEach={"vars": [{"name": "i", "values": [1, 2.5, {"k": "ä"}]}]},
        undo={"script": "true"},
    ),
    {"name": "d", "component": {"name": "graph"}, "inputs": [{"name": "x", "value": 0.1}]},
    step("e", "true", when="steps.d.outputs.y > 0.0"),
    params=[{"name": "p", "type": "List", "value": [1, "two"]}],
    storage={"objectStore": {"uri": "s3://bucket/prefix", "secretName": "s"}},
    queueName="team",
    **{"finally": [step("last")]},
)


def fingerprints(objects: dict[tuple[str, str, str], Object]) -> dict[str, str]:
    """Those of all Steps, by name."""
    return {key[2]: obj["spec"]["fingerprint"] for key, obj in objects.items() if key[0] == "steps"}


async def test_they_are_those_of_a_cluster(
    project: Project, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await asyncio.to_thread(project.run, COMPONENT, PIPELINE) == 0
    async with running(cluster):
        cluster.apply(COMPONENT)
        cluster.apply(PIPELINE)
        await until(lambda: len(cluster.all("steps")) == len(project.phases()))
    assert fingerprints(project.objects) == fingerprints(cluster.objects)
    assert len(fingerprints(project.objects)) == 8


def test_what_is_otherwise_here_is_told_apart_from_what_was_written() -> None:
    assert "queueName" not in adapted(PIPELINE)["spec"]
    assert adapted(PIPELINE)["spec"]["storage"] == {"claim": {"size": "1Gi"}, "digests": True}
    assert PIPELINE["spec"]["queueName"] == "team"
    choosy = pipeline(
        step("a", pod={"nodeSelector": {"zone": "x"}, "runAsUser": 7}), defaults={"pod": {"tolerations": []}}
    )
    assert adapted(choosy)["spec"] == {"defaults": {"pod": {}}, "steps": [step("a", pod={"runAsUser": 7})]}
