"""What a node would do for the slots: one real server process for each that has pods, and the Deployments' status."""

from __future__ import annotations

import functools
import os
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.paths import CHECKOUT
from tests.components import environment
from tests.faults.ground import free_ports
from tests.serving.place import NAME, Place, slot

SLOTS = ("a", "b")
COMPONENTS = CHECKOUT / "components"
PYTHONPATH = ":".join(
    str(COMPONENTS / part) for part in ("ml/src", "serve/src", "serve/server", "serve-kserve/src", "package/src")
)
IMAGE = {
    "PYTHONPATH": PYTHONPATH,
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "JOBLIB_MULTIPROCESSING": "0",
}
"""What the images set."""
MODEL = "penstock.dev/model"


@functools.cache
def python() -> str:
    """The interpreter with what the images have."""
    return str(environment() / "bin/python")


@dataclass
class Pod:
    """One slot's process."""

    model: str = ""
    process: subprocess.Popen[str] | None = None
    ready: bool = False

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate()
        self.model, self.process, self.ready = "", None, False


@dataclass
class Node:
    """Looks ten times a second; `ports` by slot."""

    place: Place
    shelf: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_ports(1) for name in SLOTS})
    pods: dict[str, Pod] = field(default_factory=lambda: {name: Pod() for name in SLOTS})
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        admin = self.place.admin()
        while not self.over.wait(0.1):
            for name in SLOTS:
                with suppress(OSError):  # it looks again, as a node does
                    self._tend(admin, name)

    def _tend(self, admin: Place, name: str) -> None:
        found = admin.ask("GET", slot(name))[1]
        spec, pod = found["spec"], self.pods[name]
        model = (spec["template"]["metadata"].get("annotations") or {}).get(MODEL, "")
        if pod.process is not None and (not spec["replicas"] or pod.model != model or pod.process.poll() is not None):
            pod.end()
        if spec["replicas"] and pod.process is None:
            pod.model, pod.process = model, begun(model, self.ports[name], self.shelf)
        pod.ready = pod.process is not None and answers(self.ports[name])
        counts = {"replicas": spec["replicas"], "updatedReplicas": spec["replicas"], "readyReplicas": int(pod.ready)}
        status = {"observedGeneration": found["metadata"]["generation"], **{k: v for k, v in counts.items() if v}}
        if found.get("status", {}) != status:
            patch = [{"op": "replace", "path": "/status", "value": status}]
            admin.ask("PATCH", f"{slot(name)}/status", patch, "application/json-patch+json")


def begun(model: str, port: int, shelf: Path) -> subprocess.Popen[str]:
    """A server of that version."""
    words = [python(), "-m", "penstock_server", f"--name={NAME}", f"--model={model}", f"--models={shelf}"]
    words += ["--host=127.0.0.1", f"--port={port}"]
    quiet = subprocess.DEVNULL
    environment = {**os.environ, **IMAGE}
    return subprocess.Popen(words, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, text=True)


def answers(port: int) -> bool:
    """Whether a server there is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def node(place: Place, shelf: Path) -> Iterator[Node]:
    """It runs until the end; then no process is left."""
    found = Node(place, shelf)
    thread = threading.Thread(target=found.run)
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        thread.join()
        for pod in found.pods.values():
            pod.end()
