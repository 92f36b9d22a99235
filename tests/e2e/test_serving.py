"""A model goes live on a real cluster: the whole example, and switches under load while the operator is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.artifacts import fetch
from tests.cluster.paths import CHECKOUT
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import OPERATOR, PATIENCE, Object, Space, kubectl
from tests.release import NAMESPACE

ML = "localhost/penstock-ml:dev"
NAME = "digits"
REQUESTS, RATE, SWITCHES, KILLS = 10_000, 50, 20, 5
LOAD = """
import concurrent.futures, json, os, time, urllib.request
count, rate = int(os.environ["INPUT_COUNT"]), int(os.environ["INPUT_RATE"])
body = json.dumps({"instances": [[0.5] * 64]}).encode()
failed, start = [], time.monotonic()

def ask(number):
    time.sleep(max(0, start + number / rate - time.monotonic()))
    try:
        with urllib.request.urlopen("http://digits/v1/models/digits:predict", data=body, timeout=10) as answer:
            assert len(json.load(answer)["predictions"]) == 1
    except Exception as error:
        failed.append(f"{number}: {error!r}"[:60])

with concurrent.futures.ThreadPoolExecutor(32) as pool:
    list(pool.map(ask, range(count)))
outputs = {"asked": count, "failed": len(failed), "first": failed[:10], "seconds": time.monotonic() - start}
json.dump(outputs, open(os.environ["PENSTOCK_OUTPUTS"], "w"))
"""


@pytest.fixture
def slots(space: Space) -> Iterator[Space]:
    """The namespace with the slots of a model; it refuses pods that break Pod Security ``restricted``."""
    words = [sys.executable, "-m", "tests.cluster", "images", "serve"]
    subprocess.run(words, cwd=CHECKOUT, check=True, stdout=sys.stderr)
    helm = ["helm", "--namespace", space.name]
    subprocess.run([*helm, "install", NAME, str(CHECKOUT / "charts/penstock-serving")], check=True, stdout=sys.stderr)
    yield space
    subprocess.run([*helm, "uninstall", NAME], check=True, stdout=sys.stderr)


def record(space: Space) -> Object:
    found: Object = json.loads(space.one(f"service/{NAME}")["metadata"]["annotations"]["penstock.dev/serving"])
    return found


def asked(space: Space) -> str:
    """The version that the Service's endpoints serve."""
    path = f"/api/v1/namespaces/{space.name}/services/{NAME}:http/proxy/v2/models/{NAME}"
    (version,) = json.loads(kubectl("get", "--raw", path))["versions"]
    return str(version)


@pytest.mark.long
def test_the_example_goes_live_once_somebody_says_yes(slots: Space) -> None:
    slots.apply(CHECKOUT / "examples/digits-live.yaml")
    slots.until("step/digits-live.go-live", lambda one: one.get("status", {}).get("reason") == "WaitingForApproval")
    slots.run("annotate", "step/digits-live.go-live", "penstock.dev/approved-by=e2e")
    status = slots.finish("pipeline/digits-live", seconds=5 * PATIENCE)["status"]
    assert status["phase"] == "Succeeded"
    assert status["outputs"]["version"] == record(slots)["version"] == asked(slots)
    assert record(slots)["by"] == "digits-live/deploy"
    assert fetch(slots.name, status["outputs"]["deployment"]).startswith(b"\x89PNG")


def program(name: str, module: str, **fields: Any) -> Object:
    """A step that runs one of the components' programs."""
    resources = {"requests": {"cpu": "100m", "memory": "256Mi"}}
    return {"name": name, "image": ML, "command": ["python3", "-m", module], "resources": resources, **fields}


def artifact(name: str) -> Object:
    return {"name": name, "type": "Artifact"}


def deployer(models: dict[str, str]) -> Object:
    """A Pipeline that makes models of these algorithms, and brings the one live that its parameter names."""
    pod = {
        "serviceAccountName": f"{NAME}-deployer",
        "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": f"{NAME}-models"}}],
        "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    }
    steps = [program("data", "prepare_digits", outputs=[artifact("dataset")])]
    for name, algorithm in models.items():
        given = [{"name": "dataset", "from": "data.dataset"}, {"name": "algorithm", "value": algorithm}]
        steps.append(program(f"train-{name}", "train", inputs=given, outputs=[artifact("model")]))
        given = [{"name": "model", "from": f"train-{name}.model"}, {"name": "accuracy", "value": 0.9}]
        given.append({"name": "name", "value": name})
        fields = {"when": f"params.live == '{name}'", "inputs": given, "outputs": [artifact("bundle")]}
        steps.append(program(f"package-{name}", "package", **fields))
    chosen = {"name": "model", "firstOf": [f"package-{name}.bundle" for name in models]}
    outputs = [{"name": "version", "type": "String"}, artifact("report")]
    fields = {"inputs": [{"name": "service", "value": NAME}, chosen], "outputs": outputs, "cache": "LastRun"}
    steps.append(program("deploy", "serve", pod=pod, **fields))
    live = {"name": "live", "type": "String", "value": next(iter(models))}
    return pipeline("switch", *steps, params=[live], storage={"claim": {"size": "64Mi"}})


@pytest.mark.long
@pytest.mark.alone
def test_no_request_fails_through_switches_and_kills_of_the_operator(slots: Space) -> None:
    models = {"one": "SupportVectors", "two": "NearestNeighbours"}
    slots.apply(deployer(models))
    assert slots.finish("pipeline/switch", seconds=2 * PATIENCE)["status"]["phase"] == "Succeeded"
    inputs = [{"name": "count", "value": REQUESTS}, {"name": "rate", "value": RATE}]
    outputs = [{"name": "asked", "type": "Integer"}, {"name": "failed", "type": "Integer"}]
    outputs += [{"name": "first", "type": "List"}, {"name": "seconds", "type": "Number"}]
    load = step("ask", image=ML, script=LOAD, interpreter=["python3", "-c"], inputs=inputs, outputs=outputs)
    slots.apply(pipeline("load", load))
    slots.running("load", "ask")
    versions = []
    for number in range(SWITCHES):
        live = ("two", "one")[number % 2]
        patch = {"spec": {"params": [{"name": "live", "type": "String", "value": live}]}}
        slots.run("patch", "pipeline/switch", "--type=merge", "--patch", json.dumps(patch))
        if number % (SWITCHES // KILLS) == 0:
            kubectl("delete", "pods", "-n", NAMESPACE, "-l", OPERATOR, "--grace-period=0", "--force", "--wait=false")
        assert slots.finish("pipeline/switch", seconds=PATIENCE)["status"]["phase"] == "Succeeded"
        versions.append(record(slots)["version"])
        assert asked(slots) == versions[-1]
    assert len(set(versions)) == 2
    assert all(one != other for one, other in pairwise(versions))
    found = slots.finish("pipeline/load", seconds=5 * PATIENCE)
    assert found["status"]["phase"] == "Succeeded"
    told = slots.step("load", "ask")["outputs"]
    assert (told["asked"], told["failed"], told["first"]) == (REQUESTS, 0, [])
