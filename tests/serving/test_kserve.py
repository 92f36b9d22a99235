"""The component serve-kserve on KServe's own definition, as the account that its manifest makes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.serving.deployment import MODEL, SERVING, Ended, Stage
from tests.serving.kserve import SERVICE, STOP, Kserve, definition, kserve
from tests.serving.kubelet import IMAGE, python
from tests.serving.place import NAME, NAMESPACE, Place
from tests.viewers import tokens

MANIFEST = CHECKOUT / "components/serve-kserve/inferenceservice.yaml"
PROGRAM = """
import os, sys
from pathlib import Path
import serve_kserve
from penstock_ml import wire
from serving import kube, shelf
kube.ACCOUNT = Path(os.environ["ACCOUNT"])
shelf.FOLDER = Path(os.environ["MODELS"])
shelf.put.__defaults__ = shelf.tidy.__defaults__ = (shelf.FOLDER,)
wire.run(lambda: serve_kserve.command(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Scene:
    """An InferenceService that KServe looks after, and models to bring live."""

    town: Stage
    kserve: Kserve
    place: Place
    account: Path

    def run(self, name: str, *words: str, by: str = "p", run: int = 1, **inputs: object) -> Ended:
        """A step that brings a model live, or undoes that."""
        outputs = self.account / "outputs"
        outputs.unlink(missing_ok=True)
        host, port = self.place.plane.server.removeprefix("https://").split(":")
        environment = {**os.environ, **IMAGE, "ACCOUNT": str(self.account), "MODELS": str(self.kserve.shelf)}
        environment |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        environment |= {"PENSTOCK_NAMESPACE": NAMESPACE, "PENSTOCK_PIPELINE": by, "PENSTOCK_STEP": "deploy"}
        environment |= {"TRACEPARENT": f"00-{run:032x}-{1:016x}-01", "PENSTOCK_OUTPUTS": str(outputs)}
        given = {"service": NAME, "model": self.town.models / name, "patience": 240, **inputs}
        environment |= {f"INPUT_{key.upper()}": str(value) for key, value in given.items()}
        done = subprocess.run(
            [python(), "-c", PROGRAM, *words],
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return Ended(done.returncode, done.stdout, json.loads(outputs.read_text()) if outputs.exists() else {})

    def live(self) -> str:
        """What the record says, which is what KServe was told."""
        found = self.place.ask("GET", SERVICE)[1]
        notes = found["metadata"]["annotations"]
        record = json.loads(notes.get(SERVING) or "{}")
        told = (found["spec"]["predictor"].get("annotations") or {}).get(MODEL, "")
        assert record.get("version", "") == told
        assert notes[STOP] == ("false" if told else "true")
        return str(told)


@pytest.fixture(scope="module")
def service(slots: Place) -> Place:
    """KServe's definition, and what a person applies."""
    slots.plane.kubectl("apply", "--server-side", "-f", definition())
    deadline = time.monotonic() + 60
    while True:
        try:
            slots.kubectl("apply", "--server-side", "--validate=strict", "-f", MANIFEST)
            break
        except ClusterError:  # a moment passes until the API server tells clients of a new kind
            if time.monotonic() > deadline:
                raise
    return slots


@pytest.fixture
def scene(service: Place, town: Stage, tmp_path: Path) -> Iterator[Scene]:
    account = tmp_path / "account"
    account.mkdir()
    token = tokens.issued(service.plane, NAMESPACE, f"{NAME}-kserve-deployer")
    (account / "token").write_text(token)
    (account / "ca.crt").write_bytes((town.account / "ca.crt").read_bytes())
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    place = Place(service.plane, token)
    cleared = {"metadata": {"annotations": {SERVING: None, STOP: "true"}}, "spec": {"predictor": {"annotations": None}}}
    assert place.patch(SERVICE, cleared)[0] == 200
    with kserve(service, shelf) as found:
        yield Scene(town, found, place, account)


def test_the_manifest_is_refused_with_a_field_that_kserve_does_not_know(service: Place) -> None:
    first = next(yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8")))
    first["spec"]["predictor"]["replicas"] = 1
    created = SERVICE.rpartition("/")[0] + "?fieldValidation=Strict&dryRun=All"
    status, answer = service.admin().ask("POST", created, {**first, "metadata": {"name": "other"}})
    assert status == 400
    assert "unknown field" in answer["message"]


def test_a_model_goes_live_another_follows_and_an_undo_brings_the_first_back(scene: Scene) -> None:
    versions = scene.town.versions
    first = scene.run("good", samples=scene.town.models / "samples", floor=0.9)
    assert first.code == 0, first.text
    assert (first.outputs["version"], first.outputs["previous"]) == (versions["good"], "")
    assert first.outputs["accuracy"] > 0.9
    with urllib.request.urlopen(f"{first.outputs['url']}/v2/models/{NAME}", timeout=60) as answer:
        assert json.load(answer)["versions"] == [versions["good"]]
    second = scene.run("fair", by="q")
    assert (second.code, second.outputs["previous"]) == (0, versions["good"]), second.text
    assert scene.live() == versions["fair"]
    for _ in range(2):
        undone = scene.run("fair", "undo", by="q")
        assert undone.code == 0, undone.text
        assert scene.live() == versions["good"]
    assert "nothing to undo" in undone.text


def test_a_bundle_that_was_changed_and_a_model_below_the_floor_change_nothing(scene: Scene, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    for one in (scene.town.models / "good").iterdir():
        (changed / one.name).write_bytes(one.read_bytes())
    (changed / "model.joblib").write_bytes(b"another")
    refused = scene.run("good", model=changed)
    assert refused.code == 2
    assert "is not as it was sealed: model.joblib differs" in refused.text
    poor = scene.run("poor", samples=scene.town.models / "samples", floor=0.9)
    assert poor.code == 2
    assert f"{scene.town.versions['poor']} does not go live: accuracy" in poor.text
    assert scene.live() == ""


def test_what_never_gets_ready_is_taken_back_and_said(scene: Scene) -> None:
    assert scene.run("good").code == 0
    scene.kserve.broken.add(scene.town.versions["fair"])
    late = scene.run("fair", patience=3)
    good = scene.town.versions["good"]
    assert late.code == 1
    # On a slow machine the three seconds are over before the status says why.
    why = f"MinimumReplicasUnavailable|http://[^ ]+ answers with {good}"
    assert re.search(rf"is not live after 3 s \(({why})\); {good} is live, as before", late.text), late.text
    assert scene.live() == good


def test_a_later_run_finds_its_model_live_and_undoes_nothing(scene: Scene) -> None:
    assert scene.run("good", run=1).code == 0
    assert scene.run("good", run=2).code == 0
    assert "nothing to undo" in scene.run("good", "undo", run=2).text
    assert scene.live() == scene.town.versions["good"]


def test_a_service_that_is_not_there_is_told_with_what_makes_it(scene: Scene) -> None:
    found = scene.run("good", service="other")
    assert found.code == 2
    assert "components/serve-kserve/inferenceservice.yaml" in found.text
