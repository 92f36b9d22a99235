"""The components, put together by what they declare: their programs have tests of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock import api
from penstock.core.graph.compiler import compile_pipeline
from penstock.testing import Fake, run

COMPONENTS = sorted((Path(__file__).parents[3] / "components").glob("*/component.yaml"))


def use(step: str, component: str, /, **inputs: Any) -> dict[str, Any]:
    """A step that uses a component; an input is `step.output` or a value."""
    given = [
        {"name": key.replace("_", "-"), **({"from": value} if "." in str(value) else {"value": value})}
        for key, value in inputs.items()
    ]
    return {"name": step, "component": {"name": component}, "inputs": given}


@pytest.mark.parametrize(("prepare", "augment"), [("digits", "images"), ("fortunes", "texts")])
def test_a_pipeline_of_components_goes_from_data_to_a_package(prepare: str, augment: str) -> None:
    steps = [
        use("prepare", f"prepare-{prepare}"),
        use("augment", f"augment-{augment}", dataset="prepare.dataset"),
        use("train-a", "train", dataset="augment.dataset", algorithm="LogisticRegression"),
        use("train-b", "train", dataset="augment.dataset", algorithm="SupportVectors"),
        use("validate-a", "validate", dataset="prepare.dataset", model="train-a.model"),
        use("validate-b", "validate", dataset="prepare.dataset", model="train-b.model"),
        use(
            "choose",
            "choose",
            model_a="train-a.model",
            accuracy_a="validate-a.accuracy",
            model_b="train-b.model",
            accuracy_b="validate-b.accuracy",
        ),
        use("report", "report", dataset="prepare.dataset", model="choose.model"),
        use("package", "package", model="choose.model", accuracy="report.accuracy", name="It"),
    ]
    made = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "all"},
        "spec": {"storage": {"claim": {"size": "1Gi"}}, "steps": steps},
    }
    result = run([*COMPONENTS, made], replace={"*": Fake(seconds=600)})
    assert result.phase == "Succeeded", result
    assert result.order[:2] == ["prepare", "augment"]
    assert result.order[-3:] == ["choose", "report", "package"]
    assert result.seconds == pytest.approx(7 * 600, abs=60)


def test_the_image_of_kubectl_and_the_secret_of_a_request_are_the_users() -> None:
    found = {one["metadata"]["name"]: one["spec"] for one in map(yaml.safe_load, map(Path.read_text, COMPONENTS))}
    using = {(None, name): api.ComponentSpec.model_validate(found[name]) for name in ("kubectl", "http-request")}
    steps = [
        use("get", "kubectl", args=["get", "pods"], image="kubectl:1"),
        use("tell", "http-request", url="http://hooks", secret="hooks"),
        use("ask", "http-request", url="http://anybody"),
    ]
    made = compile_pipeline(api.PipelineSpec.model_validate({"steps": steps}), using).graph
    assert made is not None
    assert made.tasks["get"].work.image == "kubectl:1"
    source = made.tasks["tell"].work.env[0].value_from
    assert source is not None
    assert source.secret_key_ref is not None
    assert source.secret_key_ref.name == "hooks"
    assert made.tasks["ask"].work.env == (), "nothing is sent that was not named"
