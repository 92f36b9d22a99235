"""Volumes: rancher's local-path-provisioner as a process, behind the default StorageClass.

For each claim that a pod uses it runs a short helper pod which makes the directory on the node.
"""

from __future__ import annotations

import json

from tests.cluster.binaries import binary
from tests.cluster.controlplane import ControlPlane
from tests.cluster.paths import HERE, made
from tests.cluster.progress import stage

PROCESS = "local-path-provisioner"
HELPER_IMAGE = "localhost/penstock-python:dev"


def start(plane: ControlPlane) -> None:
    """Create the StorageClass and start the provisioner, unless it runs."""
    with stage("starting storage"):
        plane.kubectl("apply", "-f", HERE / "manifests" / "storage.yaml")
        config = made(plane.state / "config")
        volumes = str(made(plane.state / "volumes"))
        paths = {"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [volumes]}]}
        (config / "storage.json").write_text(json.dumps(paths))
        (config / "storage-helper.json").write_text(json.dumps(_helper_pod()))
        kubeconfig = plane.authority.kubeconfig(config / "storage.kubeconfig", plane.server, PROCESS)
        plane.processes.start(
            PROCESS,
            [
                binary(PROCESS),
                "start",
                f"--kubeconfig={kubeconfig}",
                "--namespace=kube-system",
                "--configmap-name=local-path",
                "--service-account-name=default",
                f"--helper-image={HELPER_IMAGE}",
                f"--config={config / 'storage.json'}",
                f"--helper-pod-file={config / 'storage-helper.json'}",
            ],
        )


def _helper_pod() -> dict[str, object]:
    container = {
        "name": "helper",
        "image": HELPER_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"runAsUser": 0},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "volume"},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }
