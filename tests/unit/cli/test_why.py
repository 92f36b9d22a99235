"""`penstock why` as a user runs it."""

import json
from typing import Any

import pytest
from tests.properties.model import Cluster as Model
from tests.unit.cli import fake_api
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.core.admission.clusters import NOW

from penstock.cli.explaining import lines
from penstock.core import labels
from penstock.core.asked.why import Answer
from penstock.core.pipeline.lifecycle import Standing
from penstock.core.pipeline.revisions import revision_manifest
from penstock.core.reasons import Reason
from penstock.core.seen.reading import pipeline_view


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
        "train is Queued: WaitingForResources, needs 2 nvidia.com/gpu, 1 of 2 free; held by pod notebook",
        "next is Pending: WaitingForDependencies, waits for train",
    ]


def test_why_one_step_waits(waiting: FakeApi, run: Run) -> None:
    assert "number 1 of 1 that wait for room; longest remaining path 20m" in run("why", "p/train").stdout
    (data,) = json.loads(run("why", "p/train", "-o", "json").stdout)
    assert data["reason"] == "WaitingForResources"
    assert (data["place"], data["waiting"], data["rankSeconds"]) == (1, 1, 1200.0)


def test_who_holds_it_is_data_too(waiting: FakeApi, run: Run) -> None:
    (data,) = json.loads(run("why", "p/train", "-o", "json").stdout)
    assert data["short"] == {
        "resource": "nvidia.com/gpu",
        "needed": "2",
        "free": "1",
        "total": "2",
        "holders": [{"kind": "Pod", "namespace": "ml", "name": "notebook", "amount": "1"}],
    }


def test_who_holds_it_in_another_namespace_is_named_to_who_may_see_it(waiting: FakeApi, run: Run) -> None:
    for obj in [obj for obj in waiting.objects.values() if obj["metadata"].get("name") == "notebook"]:
        obj["metadata"]["namespace"] = "prod"
    assert "held by pod prod/notebook" in run("why", "p/train").stdout


def test_a_step_that_is_not_there(waiting: FakeApi, run: Run) -> None:
    found = run("why", "p/tran")
    assert found.exit_code == 1
    assert "pipeline 'p' has no step 'tran'; it has: train, next" in found.stderr


def test_steps_of_other_namespaces_go_first_by_priority(waiting: FakeApi, run: Run) -> None:
    add(waiting, "prod", {"priority": 5, "steps": [train()]})
    found = run("why", "p/train")
    assert "number 2 of 2 that wait for room" in found.stdout
    assert found.stdout.count("train is Queued") == 1
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


def the_pipeline(api: FakeApi) -> dict[str, Any]:
    (found,) = [obj for path, obj in api.objects.items() if path.endswith("/pipelines/p")]
    return found


def test_what_is_wrong_with_a_manifest_is_said_with_every_place(waiting: FakeApi, run: Run) -> None:
    pipeline = the_pipeline(waiting)
    pipeline["spec"]["steps"][1]["needs"] = ["tran"]
    waiting.objects = {path: obj for path, obj in waiting.objects.items() if "/steps/" not in path}
    assert run("why", "p").stdout.splitlines() == [
        "p is Invalid: Invalid, the manifest is not valid",
        """  spec.steps[1].needs[0]: there is no step 'tran' (did you mean "train"?) [UnknownStep]""",
    ]
    (data,) = json.loads(run("why", "p", "-o", "json").stdout)
    assert (data["phase"], data["problems"][0]["reason"]) == ("Invalid", "UnknownStep")


def test_how_the_steps_stand_that_a_wrong_edit_left_alone(waiting: FakeApi, run: Run) -> None:
    pipeline = the_pipeline(waiting)
    view = pipeline_view(pipeline)
    kept = revision_manifest(view, Standing.of(view.status), {})
    kept["metadata"]["namespace"] = "ml"
    waiting.objects[f"/apis/apps/v1/namespaces/ml/controllerrevisions/{kept['metadata']['name']}"] = kept
    pipeline["spec"] = {**pipeline["spec"], "steps": [{**train(), "needs": ["tran"]}]}
    pipeline["status"]["phase"] = "Invalid"
    assert run("why", "p").stdout.splitlines() == [
        "p is Invalid: Invalid, the manifest is not valid",
        """  spec.steps[0].needs[0]: there is no step 'tran' (did you mean "train"?) [UnknownStep]""",
        "train is Pending: Invalid, The manifest is not valid; status.problems says where and why.",
        "next is Pending: WaitingForDependencies, waits for train",
    ]


def test_what_only_the_operator_can_read_is_wrong_as_it_says(waiting: FakeApi, run: Run) -> None:
    pipeline = the_pipeline(waiting)
    pipeline["spec"] = {"steps": "none"}
    assert run("why", "p").stdout.splitlines()[0] == "p is Invalid: Invalid, the manifest cannot be read"
    pipeline["status"]["problems"] = [{"path": "spec.steps", "reason": "InvalidField", "message": "is no list"}]
    assert run("why", "p").stdout.splitlines()[1] == "  spec.steps: is no list [InvalidField]"


def test_a_pipeline_that_nobody_has_taken_up_is_not_at_its_end(waiting: FakeApi, run: Run) -> None:
    the_pipeline(waiting)["status"] = {}
    assert run("why", "p").stdout == (
        "p is Pending: the operator has not taken up the latest edit or rerun yet; does it run?\n"
    )


def test_what_keeps_an_edit_from_being_taken_up_is_said(waiting: FakeApi, run: Run) -> None:
    pipeline = the_pipeline(waiting)
    pipeline["metadata"]["generation"] += 1
    pipeline["status"].update(reason="Failed", message="the API server says no")
    assert run("why", "p").stdout.endswith("edit or rerun yet; it said last: Failed, the API server says no\n")


def test_a_pipeline_that_is_being_deleted_says_so(waiting: FakeApi, run: Run) -> None:
    the_pipeline(waiting)["metadata"]["deletionTimestamp"] = "2027-01-15T08:00:00Z"
    assert run("why", "p").stdout == "p is Pending: it is being deleted\n"


def test_what_the_operator_says_of_the_pipeline_comes_first(waiting: FakeApi, run: Run) -> None:
    words = "Step p.next belongs to another object; delete or rename it"
    the_pipeline(waiting)["status"].update(reason="NameConflict", message=words)
    assert run("why", "p").stdout.splitlines()[0] == f"p is Pending: NameConflict, {words}"
    assert words not in run("why", "p/train").stdout


def test_a_job_that_was_not_taken_is_no_matter_of_room(waiting: FakeApi, run: Run) -> None:
    (train,) = [obj for path, obj in waiting.objects.items() if path.endswith("/steps/p.train")]
    waiting.objects = {path: obj for path, obj in waiting.objects.items() if "notebook" not in path}
    words = "a Job p-train-1 exists and belongs to somebody else; delete it"
    train["status"] = {"phase": "Queued", "reason": "NameConflict", "message": words}
    assert run("why", "p/train").stdout.splitlines()[0] == f"train is Queued: NameConflict, {words}"


def test_nothing_waits_where_all_has_ended(waiting: FakeApi, run: Run) -> None:
    assert list(lines([Answer(("ml", "p", "train"), "Succeeded", None, "")], False, NOW)) == [
        "nothing waits: every step has ended"
    ]


@pytest.mark.parametrize(("api_version", "kind"), [("batch/v1", "Job"), ("v1", "Pod")])
def test_what_has_lost_its_owner_hides_nothing_else(waiting: FakeApi, run: Run, api_version: str, kind: str) -> None:
    expected = run("why", "p").stdout
    metadata = {"name": "stray", "namespace": "ml", "uid": "stray", "labels": {labels.MANAGED_BY: labels.PENSTOCK}}
    spec = {"template": {"spec": {"containers": []}}}
    waiting.add({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
    found = run("why", "p")
    assert (found.exit_code, found.stdout) == (0, expected), found.stderr
