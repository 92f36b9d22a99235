"""A model packed as Penstock packs it, and the real server before it."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock_ml import bundle, dataset, models

HERE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Running:
    """A server on loopback."""

    port: int
    version: str
    source: dataset.Dataset
    process: "subprocess.Popen[str]"

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any, dict[str, str]]:
        """Status, body (JSON, or a text) and headers of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, raw)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(text) if "json" in headers.get("content-type", "") else text, headers


def shelve(source: dataset.Dataset, algorithm: str, shelf: Path, seed: int = 0) -> str:
    """Trains a model and packs it into the folder that a server reads; its version."""
    pipeline = models.untrained(algorithm, source.kind, seed)
    pipeline.fit(source.train.samples, source.train.labels)
    folder = shelf / "new"
    folder.mkdir(parents=True)
    models.save(models.Model(algorithm, source.kind, source.classes, pipeline), folder / bundle.MODEL)
    version = bundle.seal(folder)
    folder.rename(shelf / version)
    return version


def begun(shelf: Path, version: str, port: int, *more: str) -> "subprocess.Popen[str]":
    """The server's process."""
    words = [sys.executable, "-m", "penstock_server", "--name=model", f"--model={version}", f"--models={shelf}"]
    words += ["--host=127.0.0.1", f"--port={port}", *more]
    path = f"{HERE / 'ml/src'}:{HERE / 'serve/server'}"
    environment = {
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
    }
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def serving(source: dataset.Dataset, shelf: Path, algorithm: str, *more: str) -> Iterator[Running]:
    """A server that answers."""
    version = shelve(source, algorithm, shelf)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = begun(shelf, version, port, *more)
    try:
        found = Running(port, version, source, process)
        deadline = time.monotonic() + 120
        while True:
            try:
                found.ask("GET", "/v2/health/ready")
                break
            except OSError:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.communicate(timeout=60)
