"""Simulated nodes for benchmarks: kwok plays the kubelet of any number of nodes; no container runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.binaries import KWOK, binary, module_folder
from tests.cluster.controlplane import ControlPlane
from tests.cluster.progress import wait_until

PROCESS = "kwok"
LABEL = "type=kwok"
LEASE_SECONDS = 40
"""As the kubelet's. Without leases, which kwok does not keep unless told to, every node is NotReady after 50 s."""


def start(plane: ControlPlane, nodes: int, allocatable: dict[str, str], stages: Path | None = None) -> None:
    """Add ``nodes`` simulated nodes with these resources (e.g. ``{"cpu": "64", "pods": "1000"}``) and play them.

    ``stages`` is a kwok configuration with the stages of pods; without one kwok's stock fast stages run: a pod is
    ready at once, and a pod that a Job owns succeeds at once. The nodes carry the label ``type=kwok`` and no taint.
    """
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(_nodes(nodes, allocatable)))
    flags = [f"--kubeconfig={plane.kubeconfig}", f"--manage-nodes-with-label-selector={LABEL}"]
    flags.append(f"--node-lease-duration-seconds={LEASE_SECONDS}")
    stock = module_folder(KWOK) / "kustomize" / "stage"
    wanted = [*stock.glob("node/fast/node-*.yaml"), *stock.glob("node/heartbeat-with-lease/node-*.yaml")]
    wanted += [stages] if stages else stock.glob("pod/fast/pod-*.yaml")
    flags += [f"--config={path}" for path in wanted]
    plane.processes.start(PROCESS, [binary("kwok"), *flags])
    path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"

    def ready() -> bool:
        plane.processes.require(PROCESS)
        return plane.kubectl("get", "nodes", "-l", LABEL, "-o", path).split().count("True") >= nodes

    wait_until("the simulated nodes", ready, 300 + nodes / 10)


def stop(plane: ControlPlane) -> None:
    """Stop kwok; the Node objects stay until the control plane is deleted."""
    plane.processes.stop(PROCESS)


def _nodes(count: int, allocatable: dict[str, str]) -> dict[str, object]:
    name, value = LABEL.split("=")
    items = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"kwok-{number}", "labels": {name: value, "kubernetes.io/hostname": f"kwok-{number}"}},
            "status": {"allocatable": allocatable, "capacity": allocatable},
        }
        for number in range(count)
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}
