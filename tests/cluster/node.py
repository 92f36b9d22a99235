"""The one node of a cluster on this machine: kubelet and kube-proxy beside containerd."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import host, network
from tests.cluster.binaries import binary
from tests.cluster.commands import succeeds
from tests.cluster.containerd import Containerd
from tests.cluster.controlplane import DOMAIN, ControlPlane
from tests.cluster.paths import made
from tests.cluster.progress import stage, wait_until

NAME = "penstock"
CGROUPS = Path("/sys/fs/cgroup")
CONTAINER_LOGS = Path("/var/log/containers")
DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")


@dataclass(frozen=True)
class Node:
    """A node that joins the control plane; its data lies in the control plane's state directory."""

    plane: ControlPlane

    @property
    def containerd(self) -> Containerd:
        return Containerd(self.plane.state)

    def start(self) -> None:
        """Start kubelet and kube-proxy, unless they run, and return when the node is Ready."""
        with stage("starting the node"):
            self._start_kubelet()
            self._start_proxy()
            self.plane.processes.wait_for("kubelet", self.ready)
            wait_until("the namespace's service account", self._has_service_account, 300)

    def ready(self) -> bool:
        """Whether the node is registered and Ready."""
        path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        words: list[str | Path] = ["--kubeconfig", self.plane.kubeconfig, "get", "node", NAME, "--output", path]
        if not succeeds([binary("kubectl"), *words]):
            return False
        return self.plane.kubectl("get", "node", NAME, "--output", path) == "True"

    def alive(self) -> bool:
        """Whether its processes run and the node is Ready."""
        return all(map(self.plane.processes.alive, ("containerd", "kubelet", "kube-proxy"))) and self.ready()

    def stop(self) -> None:
        """Stop the node's processes and every container on it; undo what they did to the machine."""
        for name in ("kubelet", "kube-proxy"):
            self.plane.processes.stop(name)
        self.containerd.stop()
        network.down(self.plane.state)
        remove_cgroups("kubepods")
        self._remove_fixed_places()

    @property
    def _pod_logs(self) -> Path:
        return self.plane.state / "pods"

    def _start_kubelet(self) -> None:
        authority = self.plane.authority
        user, group = f"system:node:{NAME}", "system:nodes"
        serving = authority.issue(user, group, names=[f"IP:{network.NODE_ADDRESS}", f"DNS:{NAME}"])
        config: dict[str, Any] = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": network.NODE_ADDRESS,
            "authentication": {"x509": {"clientCAFile": str(authority.root.certificate)}},
            "tlsCertFile": str(serving.certificate),
            "tlsPrivateKeyFile": str(serving.key),
            "containerRuntimeEndpoint": self.containerd.endpoint,
            "cgroupDriver": "cgroupfs",
            "clusterDNS": [network.NODE_ADDRESS],
            "clusterDomain": DOMAIN,
            "failSwapOn": False,
            # Images are loaded by hand and there is no registry to fetch them from again: never throw one away.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "podLogsDir": str(made(self._pod_logs)),
        }
        if host.cgroup_v1():
            config["failCgroupV1"] = False
        if host.limited_resources():
            config["featureGates"] = {"KubeletInUserNamespace": True}
        if host.hides_root_device():
            config["localStorageCapacityIsolation"] = False
        kubeconfig = authority.kubeconfig(self._config("kubelet.kubeconfig"), self.plane.server, user, group)
        self.plane.processes.start(
            "kubelet",
            [
                binary("kubelet"),
                f"--config={self._written('kubelet.json', config)}",
                f"--kubeconfig={kubeconfig}",
                f"--hostname-override={NAME}",
                f"--node-ip={network.NODE_ADDRESS}",
                f"--root-dir={made(self.plane.state / 'kubelet')}",
            ],
        )

    def _start_proxy(self) -> None:
        user = "system:kube-proxy"
        kubeconfig = self.plane.authority.kubeconfig(self._config("proxy.kubeconfig"), self.plane.server, user)
        config = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "clusterCIDR": network.PODS,
            "mode": "iptables",
            # Without it an answer from one pod to another passes the bridge only and keeps the pod's own address.
            "iptables": {"masqueradeAll": not host.filters_bridges()},
            # The machine's connection tracking is not the test cluster's to tune, and often not allowed to be.
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "hostnameOverride": NAME,
        }
        self.plane.processes.start(
            "kube-proxy", [binary("kube-proxy"), f"--config={self._written('proxy.json', config)}"]
        )

    def _remove_fixed_places(self) -> None:
        """Remove what the kubelet writes outside its own directory, in places that no setting moves."""
        for link in CONTAINER_LOGS.glob("*.log"):
            if link.readlink().is_relative_to(self._pod_logs):
                link.unlink()
        (DEVICE_PLUGINS / "kubelet.sock").unlink(missing_ok=True)
        for folder in (CONTAINER_LOGS, DEVICE_PLUGINS, DEVICE_PLUGINS.parent):
            remove_empty(folder)

    def _has_service_account(self) -> bool:
        words: list[str | Path] = ["--kubeconfig", self.plane.kubeconfig, "get", "serviceaccount", "default"]
        return succeeds([binary("kubectl"), *words])

    def _config(self, name: str) -> Path:
        return made(self.plane.state / "config") / name

    def _written(self, name: str, config: dict[str, Any]) -> Path:
        path = self._config(name)
        path.write_text(json.dumps(config, indent=2) + "\n")
        return path


def remove_cgroups(name: str) -> None:
    """Remove the empty cgroups that were made for pods or containers (version 1 has one tree for each controller)."""
    for root in {*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")}:
        for folder in sorted((path for path in root.rglob("*") if path.is_dir()), key=lambda p: -len(p.parts)):
            remove_empty(folder)
        remove_empty(root)


def remove_empty(folder: Path) -> None:
    """Remove the directory if it is empty: what is in use by someone else, or gone already, is left alone."""
    with contextlib.suppress(OSError):
        folder.rmdir()
