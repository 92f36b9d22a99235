"""Fetch an artifact out of the claim it is on: a pod reads it and prints it, whatever the storage behind it is."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from tests.cluster.commands import run

IMAGE = "localhost/penstock-python:dev"
READ = "import base64, sys; sys.stdout.write(base64.b64encode(open(sys.argv[1], 'rb').read()).decode())"
SCHEME = "pvc://"


def fetch(namespace: str, location: str) -> bytes:
    """The bytes of the file at ``pvc://CLAIM/PATH``, which is for files of a few megabytes at most.

    Raises:
        ClusterError: the pod could not read it; the text says what the cluster answered.
    """
    claim, _, path = location.removeprefix(SCHEME).partition("/")
    name = f"reader-{uuid.uuid4().hex[:8]}"
    kubectl = ["kubectl", "--namespace", namespace]
    run([*kubectl, "apply", "-f", "-"], stdin=json.dumps(reader(name, claim, path)))
    try:
        run([*kubectl, "wait", f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=300s"])
        return base64.b64decode(run([*kubectl, "logs", name]))
    finally:
        run([*kubectl, "delete", "pod", name, "--wait=false"])


def reader(name: str, claim: str, path: str) -> dict[str, Any]:
    """A pod that prints a file of a claim in base64, allowed under Pod Security ``restricted``."""
    container = {
        "name": "read",
        "image": IMAGE,
        "command": ["python3", "-c", READ, f"/artifacts/{path}"],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "artifacts", "mountPath": "/artifacts", "readOnly": True}],
    }
    user = {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            **user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "artifacts", "persistentVolumeClaim": {"claimName": claim}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
