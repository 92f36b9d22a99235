"""`penstock why` as a user runs it."""

import json
from typing import Any

import pytest
from tests.properties.model import Cluster as Model
from tests.unit.cli import fake_api
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi


@pytest.fixture
def waiting(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A Pipeline whose step asks for more GPUs than are free now, on a cluster of one node."""
    for plural in ("nodes", "jobs", "resourcequotas", "limitranges"):
        monkeypatch.setitem(fake_api._KINDS, plural, plural)
    model = Model()
    step = {"name": "train", "image": "i", "script": "x", "resources": {"requests": {"nvidia.com/gpu": 2}}}
    manifest = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p", "namespace": "ml"}}
    model.apply({**manifest, "spec": {"steps": [step, {**step, "name": "next", "needs": ["train"]}]}})
    for _ in range(2):
        found = model.plan()
        found.ready = []
        for write in model.writes_of(found):
            write()
    for obj in (*model.of("Pipeline"), *model.of("Step")):
        obj["metadata"]["namespace"] = "ml"
        api.add(obj)
    amounts = {"cpu": "4", "nvidia.com/gpu": "2"}
    api.objects["/api/v1/nodes/n"] = {
        "metadata": {"name": "n"},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
    api.add(_pod())
    return api


def _pod() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "notebook", "namespace": "ml", "uid": "u"},
        "spec": {"nodeName": "n", "containers": [{"resources": {"requests": {"nvidia.com/gpu": "1"}}}]},
        "status": {"phase": "Running"},
    }


def test_why_a_pipeline_waits(waiting: FakeApi, run: Run) -> None:
    found = run("why", "p")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.splitlines() == [
        "train is Pending: WaitingForResources, needs 2 nvidia.com/gpu, 1 of 2 free; held by pod ml/notebook",
        "next is Pending: WaitingForDependencies, waits for train",
    ]


def test_why_one_step_waits(waiting: FakeApi, run: Run) -> None:
    assert "number 1 of 1 that wait for room; longest remaining path 20m" in run("why", "p/train").stdout
    (data,) = json.loads(run("why", "p/train", "-o", "json").stdout)
    assert data["reason"] == "WaitingForResources"
    assert (data["place"], data["waiting"], data["rankSeconds"]) == (1, 1, 1200.0)


def test_a_step_that_is_not_there(waiting: FakeApi, run: Run) -> None:
    found = run("why", "p/tran")
    assert found.exit_code == 1
    assert "pipeline 'p' has no step 'tran'; it has: train, next" in found.stderr
