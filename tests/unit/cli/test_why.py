"""`penstock why` as a user runs it."""

import json
from typing import Any

import pytest
from tests.properties.model import Cluster as Model
from tests.unit.cli import fake_api
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.core.scheduling.clusters import NOW

from penstock.cli.explaining import lines
from penstock.core.lifecycle import Standing
from penstock.core.observed import pipeline_view
from penstock.core.reasons import Reason
from penstock.core.revisions import revision_manifest
from penstock.core.scheduling.why import Answer


@pytest.fixture
def waiting(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A Pipeline whose step asks for more GPUs than are free now, on a cluster of one node."""
    for plural in ("nodes", "jobs", "resourcequotas", "limitranges"):
        monkeypatch.setitem(fake_api._KINDS, plural, plural)
    add(api, "ml", {"steps": [train(), {**train(), "name": "next", "needs": ["train"]}]})
    amounts = {"cpu": "4", "nvidia.com/gpu": "2"}
    api.objects["/api/v1/nodes/n"] = {
        "metadata": {"name": "n"},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
    api.add(_pod())
    return api


def train(**more: Any) -> dict[str, Any]:
    requests = {"nvidia.com/gpu": 2}
    return {"name": "train", "image": "i", "script": "x", "resources": {"requests": requests}, **more}


def add(api: FakeApi, namespace: str, spec: dict[str, Any]) -> None:
    """A Pipeline p whose steps the operator has created, but not started."""
    model = Model()
    manifest = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p", "namespace": "ml"}}
    model.apply({**manifest, "spec": spec})
    for _ in range(2):
        found = model.plan()
        found.ready = []
        for write in model.writes_of(found):
            write()
    for obj in (*model.of("Pipeline"), *model.of("Step")):
        obj["metadata"]["namespace"] = namespace
        api.add(obj)


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
        "train is Pending: WaitingForResources, needs 2 nvidia.com/gpu, 1 of 2 free; held by pod notebook",
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


def test_steps_of_other_namespaces_go_first_by_priority(waiting: FakeApi, run: Run) -> None:
    add(waiting, "prod", {"priority": 5, "steps": [train()]})
    found = run("why", "p/train")
    assert "number 2 of 2 that wait for room" in found.stdout
    assert found.stdout.count("train is Pending") == 1
    assert found.stderr == ""


def test_who_may_see_only_one_namespace_is_told_so(waiting: FakeApi, run: Run) -> None:
    add(waiting, "prod", {"priority": 5, "steps": [train()]})
    waiting.refusals[f"{fake_api.PENSTOCK}/pipelines"] = 403, "pipelines is forbidden at the cluster scope"
    found = run("why", "p/train")
    assert "number 1 of 1 that wait for room" in found.stdout
    assert "note: you may see only namespace ml; steps of others, which may go first, are not counted" in found.stderr


def component(gpus: int) -> dict[str, Any]:
    spec = {"image": "i", "script": "x", "resources": {"requests": {"nvidia.com/gpu": gpus}}}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "fit", "namespace": "ml"},
        "spec": spec,
    }


@pytest.fixture
def pinned(waiting: FakeApi) -> FakeApi:
    """The step runs a Component that was edited from two GPUs to nine after the Pipeline had been resolved."""
    (path,) = [path for path in waiting.objects if path.endswith("/pipelines/p")]
    pipeline = waiting.objects[path]
    pipeline["spec"] = {"steps": [{"name": "train", "component": {"name": "fit"}}]}
    waiting.add(component(9))
    view = pipeline_view(pipeline)
    kept = revision_manifest(view, Standing.of(view.status), {"fit": component(2)["spec"]})
    kept["metadata"]["namespace"] = "ml"
    waiting.objects[f"/apis/apps/v1/namespaces/ml/controllerrevisions/{kept['metadata']['name']}"] = kept
    return waiting


def test_a_component_counts_as_it_was_when_the_pipeline_took_it(pinned: FakeApi, run: Run) -> None:
    assert "needs 2 nvidia.com/gpu, 1 of 2 free" in run("why", "p/train").stdout


def test_without_a_look_at_revisions_components_count_as_they_are(pinned: FakeApi, run: Run) -> None:
    pinned.refusals["/apis/apps/v1/namespaces/ml/controllerrevisions"] = 403, "no"
    found = run("why", "p/train")
    assert "needs 9 nvidia.com/gpu" in found.stdout
    assert "note: you may not list controllerrevisions in namespace ml: p is shown with its Components" in found.stderr


def test_components_that_may_not_be_seen_hurt_only_who_needs_them(waiting: FakeApi, run: Run) -> None:
    add(waiting, "prod", {"steps": [train()]})
    (path,) = [path for path in waiting.objects if path.endswith("/namespaces/prod/pipelines/p")]
    waiting.objects[path]["spec"] = {"steps": [{"name": "train", "component": {"name": "fit"}}]}
    waiting.refusals[f"{fake_api.PENSTOCK}/namespaces/prod/components"] = 403, "no"
    found = run("why", "p/train")
    assert "number 1 of 1 that wait for room" in found.stdout
    assert "note: you may not list components in namespace prod" in found.stderr


def test_when_it_starts_is_told_to_the_second_if_that_is_soon() -> None:
    def told(seconds: float) -> str:
        one = Answer(("ml", "p", "train"), "Pending", Reason.WAITING_FOR_RESOURCES, "m", 60.0, 1, 1, NOW + seconds)
        return list(lines([one], False, NOW))[-1]

    assert told(125) == "  expected to start at about 08:02:05 UTC"
    assert told(0) == "  expected to start at about 08:00:00 UTC"
    assert told(3665) == "  expected to start at about 09:01 UTC"
    assert told(86400) == "  expected to start at about 2027-01-16 08:00 UTC"
