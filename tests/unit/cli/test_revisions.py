"""diff, history, rollback and report, against a small API server."""

import json
from pathlib import Path
from typing import Any

import yaml
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.objects import pipeline

from penstock import api
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.world import Node
from penstock.core.step.manifests import step_spec


def spec(rate: float = 0.1) -> dict[str, Any]:
    return {
        "params": [{"name": "lr", "type": "Number", "value": rate}],
        "defaults": {"image": "busybox"},
        "steps": [
            {"name": "prepare", "script": "prepare", "duration": "100s"},
            {"name": "train", "needs": ["prepare"], "script": "train", "inputs": [{"name": "lr", "param": "lr"}]},
        ],
    }


def step(path: str, **status: Any) -> dict[str, Any]:
    graph = compile_pipeline(api.PipelineSpec.model_validate(spec()), {}).graph
    assert graph is not None
    task = graph.tasks[path]
    written = step_spec(graph, Node(task, (), (), path))
    result = {"fingerprint": written["fingerprint"], "run": 1, "producers": status.pop("producers", "")}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Step",
        "metadata": {
            "name": f"digits.{path}",
            "namespace": "ml",
            "uid": f"uid-{path}",
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"penstock.dev/pipeline": "digits"},
            "ownerReferences": [{"kind": "Pipeline", "uid": "uid-digits", "controller": True}],
        },
        "spec": written,
        "status": {"phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", "results": [result], **status},
    }


def manifest(folder: Path, **changes: Any) -> str:
    path = folder / "digits.yaml"
    metadata = {"name": "digits"}
    wanted = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": metadata, "spec": spec(**changes)}
    path.write_text(yaml.safe_dump(wanted))
    return str(path)


def test_diff_of_what_is_not_there_yet(api: FakeApi, run: Run, tmp_path: Path) -> None:
    found = run("diff", "-f", manifest(tmp_path))
    assert found.exit_code == 1
    assert found.stdout.splitlines() == [
        "pipeline.penstock.dev/digits: 2 to run",
        "  + prepare  run     is new",
        "  + train    run     is new",
    ]


def test_diff_names_the_field_that_is_the_reason(api: FakeApi, run: Run, tmp_path: Path) -> None:
    api.add(pipeline(), step("prepare"), step("train"))
    found = json.loads(run("diff", "-f", manifest(tmp_path, rate=0.2), "-o", "json").stdout)["digits"]
    assert [(one["path"], one["action"]) for one in found] == [("prepare", "reuse"), ("train", "run")]
    assert found[1]["fields"] == ["inputs[lr] (0.1 -> 0.2)"]


def test_history_and_rollback(api: FakeApi, run: Run) -> None:
    past = {"revision": 1, "phase": "Succeeded", "ran": 2, "reused": 0, "time": "2026-01-01T00:00:00Z"}
    present = pipeline(phase="Failed", revision=2, history=[past])
    present["spec"] = spec(0.2)
    api.add(present)
    for number, rate in ((1, 0.1), (2, 0.2)):
        api.add(
            {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {
                    "name": f"digits-{number}",
                    "namespace": "ml",
                    "labels": {"penstock.dev/pipeline": "digits"},
                    "annotations": {"penstock.dev/generation": str(number)},
                    "ownerReferences": [{"kind": "Pipeline", "uid": present["metadata"]["uid"], "controller": True}],
                },
                "revision": number,
                "data": {"spec": {**spec(rate), "description": f"rate {rate}"}},
            }
        )
    lines = [line.split() for line in run("history", "digits").stdout.splitlines()]
    assert lines[0] == ["REVISION", "STATUS", "RAN", "REUSED", "BEGAN", "DESCRIPTION"]
    assert (lines[1][:2], lines[2][:4]) == (["2", "Failed"], ["1", "Succeeded", "2", "0"])
    assert lines[2][-2:] == ["rate", "0.1"]
    assert run("rollback", "digits").stdout == "pipeline.penstock.dev/digits rolled back to revision 1\n"
    shown = json.loads(run("get", "digits", "-o", "json").stdout)["items"][0]
    assert shown["spec"]["params"][0]["value"] == 0.1
    assert "kept: 1, 2" in run("rollback", "digits", "--to", "7").stderr


def test_report_of_a_manifest(api: FakeApi, run: Run, tmp_path: Path) -> None:
    shown = run("report", manifest(tmp_path)).stdout
    assert shown.startswith(
        "digits: 1 suggestion\n  spec.steps[1]: step 'train' needs 'prepare' but reads nothing of it"
    )


def test_diff_takes_the_components_of_the_namespace_that_the_manifest_names(
    api: FakeApi, run: Run, tmp_path: Path
) -> None:
    steps = [{"name": "run", "image": "i", "script": "x"}]
    component = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "shared", "namespace": "other"},
        "spec": {"steps": steps},
    }
    api.add(component)
    using = {"steps": [{"name": "use", "component": {"name": "shared"}}]}
    path = tmp_path / "p.yaml"
    metadata = {"name": "digits", "namespace": "other"}
    written = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": metadata, "spec": using}
    path.write_text(yaml.safe_dump(written))
    found = run("diff", "-f", str(path))
    assert "+ use.run  run     is new" in found.stdout, found.stderr
