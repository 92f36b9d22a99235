"""A control plane of its own with the chart of a model's slots, and its deployer's token. There is no node in it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.binaries import command
from tests.cluster.commands import run
from tests.cluster.controlplane import ControlPlane
from tests.contract.chart import SERVING
from tests.faults.ground import free_ports
from tests.plane.api import USER, trusting
from tests.viewers import tokens

Object = dict[str, Any]

NAMESPACE, NAME = "ml", "digits"
DEPLOYER = f"{NAME}-deployer"
CONTROLLERS = "--controllers=serviceaccount-controller"
PATCH = "application/merge-patch+json"
SERVICE = f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}"


def slot(name: str) -> str:
    """Where the Deployment of a slot is."""
    return f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}-{name}"


@dataclass(frozen=True)
class Place:
    """What runs, and the token of who deploys."""

    plane: ControlPlane
    token: str
    nobody: str = ""

    def stranger(self) -> Place:
        """The same with the token of an account that has no role."""
        return Place(self.plane, self.nobody)

    def admin(self) -> Place:
        """The same as administrator."""
        return Place(self.plane, "")

    @functools.cached_property
    def _trusted(self) -> ssl.SSLContext:
        return trusting(self.plane, user="" if self.token else USER)

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, Object]:
        """Status and answer of a request."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.plane.server + path, data=data, headers={**headers, "Content-Type": kind}, method=method
        )
        try:
            with urllib.request.urlopen(request, context=self._trusted, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, {"message": text}

    def patch(self, path: str, body: object) -> tuple[int, Object]:
        """Status and answer of a merge patch."""
        return self.ask("PATCH", path, body, PATCH)

    def kubectl(self, *words: str | Path, stdin: str | None = None) -> str:
        """As administrator."""
        return self.plane.kubectl("--namespace", NAMESPACE, *words, stdin=stdin)

    def helm(self, *words: str) -> None:
        """Install the slots, or upgrade them."""
        helm = [command("helm"), "upgrade", "--install", NAME, SERVING, "--namespace", NAMESPACE, "--create-namespace"]
        run([*helm, "--kubeconfig", self.plane.kubeconfig, *words], env={**os.environ, "HELM_MAX_HISTORY": "2"})


@contextmanager
def place() -> Iterator[Place]:
    """Nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="penstock-serving-"))
    plane = ControlPlane(state, first_port=free_ports(5), controller_manager_flags=(CONTROLLERS,))
    try:
        plane.start()
        plane.kubectl("create", "namespace", NAMESPACE)
        plane.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        found = Place(plane, "")
        found.helm()
        found.kubectl("create", "serviceaccount", "stranger")
        yield Place(plane, tokens.issued(plane, NAMESPACE, DEPLOYER), tokens.issued(plane, NAMESPACE, "stranger"))
    finally:
        plane.stop()
        shutil.rmtree(state, ignore_errors=True)
