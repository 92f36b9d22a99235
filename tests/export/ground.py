"""A control plane of its own, on which Pipelines live that the core's model plays, and the exporter as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Resource
from tests.cluster.controlplane import ControlPlane
from tests.cluster.paths import CHECKOUT
from tests.faults.ground import free_ports
from tests.scenes.stage import Stage, manifest
from tests.unit.builders import step

Object = dict[str, Any]

NAMESPACE = "ml"
_started: list[subprocess.Popen[bytes]] = []
RETRY = {"limit": 2, "backoff": {"initial": "1s"}}
CONTROLLERS = "--controllers=serviceaccount-controller"
"""No garbage collector: who deletes a Pipeline here deletes its Steps."""


@contextmanager
def ground() -> Iterator[ControlPlane]:
    """A fresh control plane with our kinds and a namespace; nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="penstock-export-"))
    plane = ControlPlane(state, first_port=free_ports(5), controller_manager_flags=(CONTROLLERS,))
    try:
        plane.start()
        plane.kubectl("apply", "-f", CHECKOUT / "crds")
        plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        plane.kubectl("create", "namespace", NAMESPACE)
        yield plane
    finally:
        for process in _started:  # of a test that failed
            process.kill()
            process.wait()
        plane.stop()
        shutil.rmtree(state, ignore_errors=True)


@dataclass
class Mirror:
    """What a model of a cluster holds, on the real API server. `states`: all that was ever to be seen, in order."""

    cluster: Cluster
    stage: Stage
    states: list[tuple[Resource, Object]] = field(default_factory=list)
    _shown: dict[tuple[str, str], tuple[Object, Object]] = field(default_factory=dict)

    def show(self) -> None:
        """Makes the API server's objects those of the model."""
        uid = ""
        for resource, kind in ((PIPELINES, "Pipeline"), (STEPS, "Step")):
            for one in self.stage.of(kind):
                uid = self._put(resource, deepcopy(one), uid) or uid

    def drop(self) -> None:
        """Deletes all of it."""
        for (kind, name), (_, there) in self._shown.items():
            resource = PIPELINES if kind == "Pipeline" else STEPS
            self.cluster.json("DELETE", resource.path(NAMESPACE, name))
            self.states.append((resource, {**there, "gone": True}))
        self._shown.clear()

    def _put(self, resource: Resource, one: Object, owner: str) -> str | None:
        """Returns the uid of a Pipeline."""
        key, status = (one["kind"], one["metadata"]["name"]), one.pop("status", None) or {}
        before, there = self._shown.get(key, ({}, {}))
        wanted = {"spec": one["spec"], "status": status}
        if before != wanted:
            if not there:
                there = self.cluster.json("POST", resource.path(NAMESPACE), body=_new(one, owner))
            elif before["spec"] != one["spec"]:
                there = self.cluster.json("PUT", _path(resource, one), body={**there, "spec": one["spec"]})
            self.states.append((resource, there))
            if there.get("status") != status and status:
                there = self.cluster.json("PUT", f"{_path(resource, one)}/status", body={**there, "status": status})
                self.states.append((resource, there))
            self._shown[key] = deepcopy(wanted), there
        return there["metadata"]["uid"] if resource is PIPELINES else None


def _path(resource: Resource, one: Object) -> str:
    return resource.path(NAMESPACE, one["metadata"]["name"])


def _new(one: Object, owner: str) -> Object:
    meta = {key: value for key, value in one["metadata"].items() if key in ("name", "namespace", "labels")}
    owners = [{**each, "uid": owner} for each in one["metadata"].get("ownerReferences") or ()]
    api = {"apiVersion": "penstock.dev/v1alpha1", "kind": one["kind"]}
    return {**api, "metadata": {**meta, "ownerReferences": owners}, "spec": one["spec"]}


class Player(threading.Thread):
    """Lets Pipelines run, edits them, and lets them run again, until it is told that it is enough."""

    def __init__(self, plane: ControlPlane, names: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        cluster = Cluster(NAMESPACE, kubeconfig=str(plane.kubeconfig))
        self.mirrors = {name: Mirror(cluster, _stage()) for name in names}
        self.enough = threading.Event()
        self.rounds = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                self.rounds += 1
                for name, mirror in self.mirrors.items():
                    self._round(name, mirror)
        except BaseException as error:
            self.failure = error
            raise

    def _round(self, name: str, mirror: Mirror) -> None:
        stage = mirror.stage
        stage.apply(_manifest(name, self.rounds))
        for path in ("load", "train", "nothing", "nothing", "train", "check", "nothing"):
            stage.now = max(stage.now, time.time())
            stage.let(1, path)
            time.sleep(max(0.0, stage.now - time.time()))  # nothing is written before it has happened
            mirror.show()


def _stage() -> Stage:
    """Every first attempt of `train` fails."""
    tries: dict[str, int] = {}

    def work(job: Object, env: Any) -> tuple[int, str]:
        path = env["PENSTOCK_STEP"]
        if path == "train":
            tries[path] = tries.get(path, 0) + 1
            return (1, "out of luck\n") if tries[path] % 2 else (0, f'{{"score": {tries[path]}}}')
        return 0, '{"rows": 7}' if path == "load" else ""

    found = Stage(work, namespace=NAMESPACE)
    found.now = time.time()  # the clock of the API server, which notes when a status was written
    return found


def _manifest(name: str, number: int) -> Object:
    steps = [
        step("load", outputs={"rows": "Integer"}, image=f"registry.example/load:{number}"),
        step("train", inputs={"rows": "from:load.rows"}, outputs={"score": "Number"}, retry=RETRY),
        step("check", inputs={"score": "from:train.score"}),
    ]
    return manifest(name, steps)


class Exporter:
    """The process, one at a time; its log goes on through all of them."""

    def __init__(
        self, plane: ControlPlane, url: str, kubeconfig: Path | None = None, more: tuple[str, ...] = ()
    ) -> None:
        self._url = url
        self._more = more
        self._kubeconfig = kubeconfig or plane.kubeconfig
        self.log = plane.state / "exporter.log"
        self.port = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "KUBECONFIG": str(self._kubeconfig),
            "PYTHONPATH": str(CHECKOUT / "operator"),
            "PENSTOCK_EXPORT_DATABASE": self._url,
        }
        words = [sys.executable, "-m", "penstock.export", "--address=127.0.0.1", f"--port={self.port}", *self._more]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        _started.append(self._process)

    def figure(self, name: str) -> float:
        """What its metrics say now; 0 before it answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0.0
        return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def until_writing(self, seconds: float = 120) -> None:
        """Returns once it has written rows."""
        deadline = time.monotonic() + seconds
        while not self.figure("penstock_export_rows_total"):
            assert self.ended() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self.wait()

    def wait(self, seconds: float = 120) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._process is not None
        return self._process.wait(seconds)

    def ended(self) -> int | None:
        assert self._process is not None
        return self._process.poll()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid
