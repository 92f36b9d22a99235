"""What statuses say of Steps that do not start, written by the whole operator."""

from collections.abc import Callable
from typing import Any

import pytest

from penstock.core import names
from penstock.core.admission.observed_capacity import PodHold
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.unit.core.admission.clusters import GPU, held, node


def pipeline(name: str, gpus: int = 0, **spec: Any) -> Object:
    """One step that wants so many GPUs."""
    only = {"name": "only", "script": "x", "resources": {"requests": {GPU: gpus}} if gpus else {}}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"defaults": {"image": "i"}, "steps": [only], **spec},
    }


def status(cluster: FakeCluster, plural: str, name: str, namespace: str = "ns") -> Object:
    found: Object = cluster.objects.get((plural, namespace, name), {}).get("status") or {}
    return found


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are written without patience."""
    for module in ("step.waiting", "pipeline.summary", "admission.lasting"):
        monkeypatch.setattr(f"penstock.core.{module}.PATIENCE", 0.0)
    monkeypatch.setattr("penstock.engine.gate.PATIENCE", 0.0)


async def test_a_status_tells_no_name_of_another_namespace(cluster: FakeCluster, at_once: None) -> None:
    async with running(cluster) as operator:
        operator.store.ledger.put_node(node("secret-node", cpu="8", memory="16Gi", gpu=2))
        notebook = held("pod secret-notebook", "secret-node", until=None, namespace="secret-ns", gpu=1)
        operator.store.ledger.put_pod("notebook", PodHold(None, notebook))
        cluster.apply(pipeline("p", gpus=2))
        await until(lambda: status(cluster, "pipelines", "p").get("reason") == "Waiting")
    words = "needs 2 nvidia.com/gpu, 1 of 2 free; held by others in other namespaces (1)"
    assert status(cluster, "steps", "p.only")["message"] == words
    assert status(cluster, "pipelines", "p")["message"] == f"step 'only' waits: WaitingForResources, {words}"
    assert "secret" not in str(cluster.objects)


async def test_a_job_of_somebody_else_with_the_wanted_name_is_a_conflict(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline("p", suspend=True))
        await until(lambda: ("steps", "ns", "p.only") in cluster.objects)
        uid = cluster.get("steps", "p.only")["metadata"]["uid"]
        name = names.job_name("p.only", uid, 1, 1)
        cluster.create("jobs", "ns", {"metadata": {"name": name}, "spec": {}})
        cluster.apply(pipeline("p"))
        await until(_told(cluster, "steps", "p.only"))
        await until(_told(cluster, "pipelines", "p"))
        words = f"a Job {name} exists and belongs to somebody else; delete it"
        assert status(cluster, "steps", "p.only")["message"] == words
        assert status(cluster, "pipelines", "p")["message"] == words
        await until(lambda: any(one["reason"] == "NameConflict" for one in cluster.all("events")))


def _told(cluster: FakeCluster, plural: str, name: str) -> Callable[[], bool]:
    return lambda: status(cluster, plural, name).get("reason") == "NameConflict"
