"""The operator as a process of the test's, with its service account's rights, so that the test can kill it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.paths import made
from tests.e2e.space import kubectl
from tests.plane.operator import Operator
from tests.release import NAME, NAMESPACE

FIRST_PORT = 18480


def operator(folder: Path, number: int = 0, replicas: int = 1) -> Operator:
    """One of so many replicas, not started yet; several of them elect who acts."""
    name = f"operator-{number}"
    kubeconfig = made(folder) / f"{name}.kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig()))
    settings = {"leaderElection": replicas > 1}
    environment = {"POD_NAMESPACE": NAMESPACE, "POD_NAME": name}
    port = FIRST_PORT + 2 * number
    return Operator(folder, kubeconfig, port, port + 1, settings, environment, name)


def _kubeconfig() -> dict[str, object]:
    """This kubeconfig's cluster with the operator's service account as the user."""
    current = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    token = kubectl("create", "token", NAME, "--namespace", NAMESPACE, "--duration=1h").strip()
    context = {"cluster": current["clusters"][0]["name"], "user": NAME}
    return {
        **current,
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": context}],
        "current-context": NAME,
    }
