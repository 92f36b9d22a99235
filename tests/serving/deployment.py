"""Models that are packed, the steps that bring them live, and what is live then."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving.kubelet import IMAGE, Node, python
from tests.serving.place import NAME, NAMESPACE, SERVICE, Place, slot

Object = dict[str, Any]

STEP = Path(__file__).with_name("step.py")
SERVING, NEXT, MODEL = "penstock.dev/serving", "penstock.dev/next", "penstock.dev/model"
TRAIN = """
import json
import sys
from pathlib import Path
from penstock_ml import bundle, dataset, models
from sklearn.datasets import load_digits
raw = load_digits()
source = dataset.divide("Images", [str(n) for n in range(10)], raw.images / 16, raw.target, holdout=0.2, seed=0)
folder = Path(sys.argv[1])
dataset.save(source, folder / "samples")
(folder / "requests.json").write_text(json.dumps({"instances": source.validation.samples[:60].tolist()}))
made = {"good": ("SupportVectors", 1200), "fair": ("NearestNeighbours", 1200), "also": ("LogisticRegression", 1200),
        "poor": ("NaiveBayes", 12)}
for name, (algorithm, count) in made.items():
    pipeline = models.untrained(algorithm, "Images", 0)
    pipeline.fit(source.train.samples[:count], source.train.labels[:count])
    (folder / name).mkdir()
    models.save(models.Model(algorithm, "Images", source.classes, pipeline), folder / name / bundle.MODEL)
    print(name, bundle.seal(folder / name))
"""


def packed(folder: Path) -> dict[str, str]:
    """Packs four models and a dataset into the folder; the versions by name."""
    return dict(line.split() for line in run_python(TRAIN, str(folder)).splitlines())


def run_python(text: str, *words: str) -> str:
    """What a program prints that runs with what the images have."""
    command = [python(), "-c", text, *words]
    return subprocess.run(command, env={**os.environ, **IMAGE}, check=True, stdout=subprocess.PIPE, text=True).stdout


@dataclass(frozen=True)
class Ended:
    """How a step ended: its exit code (of a signal negative), what it said, and its outputs."""

    code: int
    text: str
    outputs: Object


@dataclass(frozen=True)
class Stage:
    """A place with a node, and models to bring live."""

    place: Place
    node: Node
    models: Path
    versions: dict[str, str]
    account: Path

    def begin(
        self, name: str, by: str, point: str = "-", undo: bool = False, run: int = 1, **inputs: object
    ) -> subprocess.Popen[str]:
        """The process of a step `by` a Pipeline, in its `run`, that brings a model live."""
        folder = self.account / by
        folder.mkdir(exist_ok=True)
        for old in ("outputs", "report"):
            (folder / old).unlink(missing_ok=True)
        given = {"service": NAME, "model": self.models / name, "patience": 240, "max-latency": 600, **inputs}
        host, port = self.place.plane.server.removeprefix("https://").split(":")
        environment = {**os.environ, **IMAGE, "ACCOUNT": str(self.account), "MODELS": str(self.node.shelf)}
        environment |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        environment |= {"PENSTOCK_NAMESPACE": NAMESPACE, "PENSTOCK_PIPELINE": by, "PENSTOCK_STEP": "deploy"}
        environment["TRACEPARENT"] = f"00-{run:032x}-{1:016x}-01"
        environment |= {f"INPUT_{key.upper().replace('-', '_')}": str(value) for key, value in given.items()}
        environment |= {"PENSTOCK_OUTPUTS": str(folder / "outputs"), "OUTPUT_REPORT": str(folder / "report")}
        words = [python(), str(STEP), json.dumps(self.node.ports), point, *(["undo"] if undo else [])]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(words, env=environment, text=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def end(self, process: subprocess.Popen[str], by: str) -> Ended:
        """Waits for a step."""
        text = process.communicate(timeout=900)[0]
        path = self.account / by / "outputs"
        return Ended(process.returncode, text, json.loads(path.read_text()) if path.exists() else {})

    def run(self, name: str, by: str, point: str = "-", undo: bool = False, run: int = 1, **inputs: object) -> Ended:
        return self.end(self.begin(name, by, point, undo, run, **inputs), by)

    def service(self) -> Object:
        return self.place.ask("GET", SERVICE)[1]

    def live(self) -> tuple[str, Object]:
        """The slot that the Service selects, and the record."""
        found = self.service()
        text = (found["metadata"].get("annotations") or {}).get(SERVING)
        return found["spec"]["selector"]["penstock.dev/slot"], json.loads(text) if text else {}

    def served(self) -> str:
        """The version that whoever asks the Service meets."""
        url = f"http://127.0.0.1:{self.node.ports[self.live()[0]]}/v2/models/{NAME}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            (version,) = json.load(answer)["versions"]
        return str(version)

    def true(self) -> Object:
        """The record, which is of what is live and of nothing else; nobody claims a slot."""
        name, record = self.live()
        template = self.place.ask("GET", slot(name))[1]["spec"]["template"]["metadata"]
        assert record["version"] == template["annotations"][MODEL] == self.served(), record
        assert record["slot"] == name
        assert NEXT not in self.service()["metadata"]["annotations"]
        return record

    def reset(self) -> None:
        """Nothing is live, and both slots are empty."""
        notes: Object = {SERVING: None, NEXT: None}
        self.place.patch(
            SERVICE, {"metadata": {"annotations": notes}, "spec": {"selector": {"penstock.dev/slot": "a"}}}
        )
        for one in ("a", "b"):
            self.place.patch(slot(one), {"spec": {"replicas": 0}})
