"""A node on loopback whose kubelet knows one pod and its log, line by line as a test lets them come."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from penstock.cluster.reading import CONTAINER
from tests.cluster.controlplane import ControlPlane
from tests.faults.ground import free_ports
from tests.viewers import loopback


class Kubelet:
    """Answers to the API server only for logs. `write` lets a line come, `end` the end."""

    def __init__(self, plane: ControlPlane, namespace: str, pod: str) -> None:
        self._plane = plane
        self._namespace, self._pod = namespace, pod
        self._port = free_ports(1)
        self._lines: queue.Queue[bytes] = queue.Queue()

    def write(self, line: str) -> None:
        """A line that was written at noon."""
        self._lines.put(f"2026-01-01T12:00:00.000000000Z {line}\n".encode())

    def end(self) -> None:
        """The container has ended."""
        self._lines.put(b"")

    @contextmanager
    def serving(self, labels: dict[str, str]) -> Iterator[None]:
        """Node and pod are there until the block ends."""
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "loopback"}}
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self._pod, "namespace": self._namespace, "labels": labels},
            "spec": {"nodeName": "loopback", "containers": [{"name": CONTAINER, "image": "none"}]},
        }
        with loopback.serving(self._plane.authority, "kubelet", self._port, _handler(self._lines)):
            try:
                self._plane.kubectl("create", "-f", "-", stdin=json.dumps(node))
                patch = json.dumps({"status": status})
                self._plane.kubectl("patch", "node", "loopback", "--subresource=status", "--type=merge", "-p", patch)
                self._plane.kubectl("create", "-f", "-", stdin=json.dumps(pod))
                yield
            finally:
                self.end()
                words = ["--ignore-not-found", "--force", "--grace-period=0"]
                self._plane.kubectl("delete", "pod", self._pod, "--namespace", self._namespace, *words)
                self._plane.kubectl("delete", "node", "loopback", "--ignore-not-found")


def _handler(lines: queue.Queue[bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.startswith("/containerLogs/"), self.path
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            while line := lines.get():
                self.wfile.write(line)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
