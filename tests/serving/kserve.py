"""KServe's own definition of InferenceServices on the API server, and what KServe would do for one of them.

The definition is that of KServe's Go module, which the module proxy has: 2 MB under the Apache License 2.0, taken once
into the cache. KServe itself needs nodes; in its place one real server process answers, and the status says so.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.golang import go
from tests.cluster.paths import cache_dir, locked, made
from tests.faults.ground import free_ports
from tests.serving.kubelet import MODEL, Pod, answers, begun
from tests.serving.place import NAME, NAMESPACE, Place

VERSION = "v0.20.0"
STOP = "serving.kserve.io/stop"
SERVICE = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices/{NAME}"


def definition() -> Path:
    """The CustomResourceDefinition, in the cache."""
    home = made(cache_dir() / "schemas") / f"kserve-{VERSION}.yaml"
    with locked(cache_dir() / "locks" / "kserve"):
        if not home.exists():
            words = [go(), "mod", "download", "-json", f"github.com/kserve/kserve@{VERSION}"]
            module = Path(json.loads(run(words, env={"GOTOOLCHAIN": "local"}))["Dir"])
            work = home.with_name(f".{home.name}")
            shutil.copyfile(module / "config/crd/full/serving.kserve.io_inferenceservices.yaml", work)
            work.rename(home)
    return home


@dataclass
class Kserve:
    """Looks ten times a second. `broken`: versions whose pods never get ready."""

    place: Place
    shelf: Path
    port: int = field(default_factory=lambda: free_ports(1))
    pod: Pod = field(default_factory=Pod)
    broken: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        admin = self.place.admin()
        while not self.over.wait(0.1):
            with suppress(OSError):  # it looks again, as a controller does
                status, found = admin.ask("GET", SERVICE)
                if status == 200:
                    self._tend(admin, found)

    def _tend(self, admin: Place, found: dict[str, object]) -> None:
        stopped = (found["metadata"].get("annotations") or {}).get(STOP) == "true"  # type: ignore[attr-defined]
        wanted = (found["spec"]["predictor"].get("annotations") or {}).get(MODEL, "")  # type: ignore[index]
        wanted = "" if stopped else wanted
        # As a rolling update: what never gets ready replaces nothing.
        if wanted != self.pod.model and wanted not in self.broken:
            self.pod.end()
            if wanted:
                self.pod.model, self.pod.process = wanted, begun(wanted, self.port, self.shelf)
        ready = self.pod.process is not None and answers(self.port)
        late = wanted in self.broken
        condition = {
            "type": "Ready",
            "status": str(ready and not late),
            "reason": "MinimumReplicasUnavailable" if late else "Up",
        }
        wish = {"conditions": [condition], "address": {"url": f"http://127.0.0.1:{self.port}"}}
        if found.get("status") != wish:
            admin.ask("PATCH", f"{SERVICE}/status", {"status": wish}, "application/merge-patch+json")


@contextmanager
def kserve(place: Place, shelf: Path) -> Iterator[Kserve]:
    """It runs until the end; then no process is left."""
    found = Kserve(place, shelf)
    thread = threading.Thread(target=found.run)
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        thread.join()
        found.pod.end()
