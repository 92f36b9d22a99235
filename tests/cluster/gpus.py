"""GPUs that are not there: an extended resource advertised on every node, for scheduler and kubelet to count."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.binaries import command
from tests.cluster.commands import run

RESOURCE = "nvidia.com/gpu"


def advertise(kubeconfig: Path, count: int) -> None:
    """Set the nodes' capacity of nvidia.com/gpu, as the Kubernetes docs describe for extended resources."""
    kubectl: list[str | Path] = [command("kubectl"), "--kubeconfig", kubeconfig]
    patch = json.dumps({"status": {"capacity": {RESOURCE: str(count)}, "allocatable": {RESOURCE: str(count)}}})
    for node in run([*kubectl, "get", "nodes", "-o", "name"]).split():
        run([*kubectl, "patch", node, "--subresource=status", "--type=merge", "--patch", patch])
