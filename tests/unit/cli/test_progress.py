"""`penstock plan NAME` as a user runs it: plan against actual."""

import json
from typing import Any

import pytest
from tests.properties.model import Cluster as Model
from tests.unit.cli import fake_api
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi

from penstock.core import labels


def written(name: str, minutes: int, **more: Any) -> dict[str, Any]:
    requests = {"nvidia.com/gpu": 1, "cpu": 1}
    return {
        "name": name,
        "image": name,
        "script": "x",
        "duration": f"{minutes}m",
        "resources": {"requests": requests},
        **more,
    }


@pytest.fixture
def running(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """`prepare` took 12 of 10 minutes; `train` has run for 3 of 30; `score` is to come."""
    for plural in ("nodes", "jobs", "resourcequotas", "limitranges"):
        monkeypatch.setitem(fake_api._KINDS, plural, plural)
    model = Model()
    steps = [written("prepare", 10), written("train", 30, needs=["prepare"]), written("score", 5, needs=["train"])]
    kind = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p", "namespace": "ml"}}
    model.apply({**kind, "spec": {"steps": steps}})
    for minutes, finish in ((12, True), (3, False)):
        model.reconcile()
        model.start_pods()
        model.reconcile()
        model.now += minutes * 60
        if finish:
            model.finish()
            model.reconcile()
    for kind_of in ("Pipeline", "Step", "Job", "Pod"):
        for obj in model.of(kind_of):
            obj["metadata"]["namespace"] = "ml"
            obj["metadata"].setdefault("labels", {})[labels.MANAGED_BY] = labels.PENSTOCK
            if kind_of == "Pod":
                obj["apiVersion"] = "v1"
                obj["spec"]["containers"] = []
            api.add(obj)
    amounts = {"cpu": "4", "nvidia.com/gpu": "1", "pods": "110"}
    api.objects["/api/v1/nodes/n"] = {
        "metadata": {"name": "n"},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
    monkeypatch.setattr("penstock.cluster.observing.time.time", lambda: model.now)
    return api


def test_the_table(running: FakeApi, run: Run) -> None:
    found = run("plan", "p")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.splitlines() == [
        "p is Running: 1 of 3 steps ended, 1 running, began 15m ago, at 08:00 UTC",
        "planned 45m, expected 47m: 2m late",
        "STEP     PHASE      PLANNED     ACTUAL        LATE",
        "prepare  Succeeded  0s to 10m   0s to 12m     2m",
        "train    Running    10m to 40m  12m to ~42m   2m",
        "score    Pending    40m to 45m  ~42m to ~47m  2m",
    ]


def test_what_may_not_be_seen_is_noted(running: FakeApi, run: Run) -> None:
    running.refusals[f"{fake_api.PENSTOCK}/steps"] = 403, "steps is forbidden at the cluster scope"
    lines = run("plan", "p").stdout.splitlines()
    assert lines[1] == "planned 45m, expected 47m: 2m late"
    assert lines[-1].startswith("note: you may see only namespace ml;")


def test_the_data_and_the_pictures(running: FakeApi, run: Run) -> None:
    data = json.loads(run("plan", "p", "-o", "json").stdout)
    assert (data["planned"], data["expected"], data["late"]) == (2700.0, 2820.0, 120.0)
    assert [step["step"] for step in data["steps"]] == ["prepare", "train", "score"]
    assert "p: plan against actual" in run("plan", "p", "-o", "svg").stdout
    assert "<h1>p: plan against actual</h1>" in run("plan", "p", "-o", "html").stdout
    assert run("plan", "p", "-o", "png").stdout_bytes.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["p", "-f", "x.yaml"], "-f, --capacity, --what-if and --price do not go with it"),
        (["p", "--capacity", "cpu=4"], "-f, --capacity, --what-if and --price do not go with it"),
        ([], "say what to plan: -f FILE for manifests, or the NAME of a Pipeline on the cluster"),
        (["q"], "there is no pipeline 'q' in namespace ml"),
    ],
)
def test_what_is_wrong_is_said(running: FakeApi, run: Run, options: list[str], words: str) -> None:
    found = run("plan", *options)
    assert found.exit_code == 1
    assert words in found.stderr


def test_a_pipeline_that_is_not_valid_has_no_plan(running: FakeApi, run: Run) -> None:
    (path,) = [path for path in running.objects if path.endswith("/pipelines/p")]
    running.objects[path]["spec"]["steps"][1]["needs"] = ["nothing"]
    found = run("plan", "p")
    assert found.exit_code == 1
    assert "pipeline 'p' is not valid, so there is no plan:\n" in found.stderr
    assert "nothing" in found.stderr
