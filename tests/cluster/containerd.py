"""The node's container runtime: a containerd of our own, apart from one that the machine may run."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import host, network, packages
from tests.cluster.commands import run, succeeds
from tests.cluster.paths import made
from tests.cluster.processes import Processes, end, with_argument
from tests.cluster.progress import ClusterError

RUNTIME = Path("/run/penstock")
"""Sockets and mounts of what runs now; a socket's path must be short."""
SOCKET = RUNTIME / "containerd.sock"
PAUSE_IMAGE = "localhost/penstock-pause:dev"
NAMESPACE = "k8s.io"


@dataclass(frozen=True)
class Containerd:
    """containerd with its data under a state directory."""

    state: Path

    @property
    def endpoint(self) -> str:
        """What the kubelet connects to."""
        return f"unix://{SOCKET}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        processes = Processes(self.state)
        made(RUNTIME)
        config = made(self.state / "config") / "containerd.toml"
        config.write_text(self._config())
        processes.start("containerd", ["containerd", "--config", config])
        processes.wait_for("containerd", lambda: succeeds(["ctr", "--address", SOCKET, "version"]))

    def ctr(self, *words: str | Path) -> str:
        """Run ctr in the kubelet's namespace and return what it prints."""
        return run(["ctr", "--address", SOCKET, "--namespace", NAMESPACE, *words])

    def images(self) -> dict[str, str]:
        """The images it has, by name, with the digest of their manifest."""
        lines = (line.split() for line in self.ctr("images", "list").splitlines()[1:])
        return {words[0]: words[2] for words in lines}

    def has(self, image: str) -> bool:
        """Whether it has all of the image, unpacked: the import may have been interrupted."""
        try:
            return complete(self.ctr("images", "check", f"name=={image}"))
        except ClusterError:  # what came of it cannot be read
            return False

    def blobs(self) -> set[str]:
        """The digests of the layers, configurations and manifests that it has."""
        return set(self.ctr("content", "list", "--quiet").split())

    def stop(self) -> None:
        """End all containers, their shims and containerd; leave no mount and no network namespace behind."""
        if succeeds(["ctr", "--address", SOCKET, "version"]):
            self._end_containers()
        Processes(self.state).stop("containerd")
        for pid in with_argument(str(SOCKET)):  # shims that have lost their containers
            end(pid, seconds=2)
        unmount_below(RUNTIME)
        unmount_below(self.state)
        shutil.rmtree(RUNTIME, ignore_errors=True)

    def _end_containers(self) -> None:
        tasks = self.ctr("tasks", "list", "--quiet").split()
        containers = self.ctr("containers", "list", "--quiet").split()
        namespaces = {self._network_namespace(name) for name in containers}
        for name in tasks:
            succeeds(["ctr", "--address", SOCKET, "--namespace", NAMESPACE, "tasks", "delete", "--force", name])
        if containers:
            succeeds(["ctr", "--address", SOCKET, "--namespace", NAMESPACE, "containers", "delete", *containers])
        for path in namespaces - {None}:
            assert path is not None
            succeeds(["umount", "--lazy", path])
            path.unlink(missing_ok=True)

    def _network_namespace(self, container: str) -> Path | None:
        """The file of a pod's network namespace; None when it has that of the host."""
        spec = json.loads(self.ctr("containers", "info", container))["Spec"]
        for namespace in spec["linux"]["namespaces"]:
            path = Path(namespace.get("path", ""))
            if namespace["type"] == "network" and path.is_relative_to("/var/run/netns"):
                return path
        return None

    def _config(self) -> str:
        limited = str(host.limited_resources()).lower()
        return f"""\
version = 2
root = "{self.state}/containerd"
state = "{RUNTIME}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing"]

[grpc]
address = "{SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = {limited}
disable_apparmor = {str(host.no_apparmor()).lower()}

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{packages.CNI_PLUGINS}"
conf_dir = "{network.cni_folder(self.state)}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def complete(checked: str) -> bool:
    """Whether ``ctr images check`` tells of an image with all its parts that is unpacked."""
    return any(" complete " in line and line.split()[-1] == "true" for line in checked.splitlines())


def unmount_below(folder: Path) -> None:
    """Unmount everything mounted under the directory, the innermost first."""
    points = [point for point in host.mount_points() if point.is_relative_to(folder)]
    for point in sorted(points, key=lambda point: len(point.parts), reverse=True):
        subprocess.run(["umount", "--lazy", point], capture_output=True)
