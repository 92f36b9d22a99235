"""A room for a kind cluster beside a cluster of processes: namespaces, and in them engines of our own.

Rules of iptables, service addresses and ports of the one are then not those of the other. Mounts neither: Podman puts
one on /run/netns, over those of pods that run. A pair of virtual Ethernet devices leads from the machine to the room:
the API server is reached through it, and what the tests serve to pods.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import debian, docker, host, images, nodeimage
from tests.cluster.commands import run, succeeds
from tests.cluster.containerd import unmount_below
from tests.cluster.docker import Docker
from tests.cluster.engines import BUILDAH
from tests.cluster.kind import CONFIG
from tests.cluster.node import remove_cgroups, remove_empty
from tests.cluster.paths import made, state_dir
from tests.cluster.podman import Podman
from tests.cluster.progress import stage

DEVICE = "penstock-kind0"
OUTSIDE, INSIDE = "10.251.0.1", "10.251.0.2"
PORT = 6443
HOW_MANY = "PENSTOCK_KIND_NODES"
CGROUPS = "libpod_parent"
"""What Podman puts its containers under."""
LOCK = "netavark.lock"
FIXED_PLACES = (Path("/lib/modules"), Path("/etc/containers/networks"))
"""kind mounts the first into its nodes, even where the kernel has none; in the other Podman's network has its lock."""


@dataclass(frozen=True)
class Room:
    """The room of one state directory; a machine has one at a time."""

    folder: Path

    @property
    def podman(self) -> Podman:
        return Podman(self.folder / "podman", self._namespaces)

    @property
    def docker(self) -> Docker:
        return Docker(self.folder / "docker", self._namespaces)

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes ``python -m tests.cluster`` and all that uses it work in the room."""
        return {
            "PATH": f"{self.podman.path}{os.pathsep}{os.environ['PATH']}",
            "PENSTOCK_CLUSTER": "kind",
            "PENSTOCK_STATE": str(self.folder / "state"),
            CONFIG: str(self.folder / "kind.yaml"),
        }

    def open(self) -> None:
        """Make the room, unless it is there, with everything that a kind cluster needs."""
        self.open_for_containers()
        image = nodeimage.image(BUILDAH)
        (self.folder / "kind.yaml").write_text(configuration(image, int(os.environ.get(HOW_MANY, "1"))))

    def open_for_containers(self) -> None:
        """Make the room, unless it is there, with a Podman that has the image of Python."""
        host.require_root()
        made(self.folder)
        self.podman.configure()
        images.build(images.chosen(["python"]), BUILDAH)  # else Podman would ask a registry what to build on
        for place in FIXED_PLACES:
            if not place.exists():
                (made(self.folder / "made") / place.name).touch()
                made(place)
        self._make_network()

    def close(self) -> None:
        """Stop what runs in the room, and leave nothing of it."""
        if not self.folder.exists():
            return
        with stage("stopping kind's Podman"):
            self._make_namespaces()  # after a restart of the machine there is none, but Podman has its records
            self.docker.remove_all()
            self.podman.remove_all()
            for name in (CGROUPS, docker.CGROUPS):
                remove_cgroups(name)
            succeeds(["ip", "link", "delete", DEVICE])
            unmount_below(self.folder)
            for place in FIXED_PLACES:
                if (self.folder / "made" / place.name).exists():
                    (place / LOCK).unlink(missing_ok=True)
                    remove_empty(place)
            shutil.rmtree(self.folder)

    @property
    def _namespaces(self) -> tuple[str, str]:
        return f"--net={self._network}", f"--mount={self._mounts}"

    @property
    def _network(self) -> Path:
        return self._mounts.parent / "network"

    @property
    def _mounts(self) -> Path:
        return self.folder / "namespaces" / "mounts"

    def _make_namespaces(self) -> None:
        """Namespaces that files keep, unless they are there; one of mounts can only be kept in a private mount."""
        parent = made(self._mounts.parent)
        present = host.mount_points()
        if parent not in present:
            run(["mount", "--bind", parent, parent])
            run(["mount", "--make-private", parent])
        if self._mounts not in present:
            self._mounts.touch()
            self._network.touch()
            run(["unshare", f"--net={self._network}", f"--mount={self._mounts}", "true"])

    def _make_network(self) -> None:
        self._make_namespaces()
        inside = ["nsenter", f"--net={self._network}", "ip"]
        if not succeeds(["ip", "link", "show", DEVICE]):
            run(["ip", "link", "add", DEVICE, "type", "veth", "peer", "name", "eth0", "netns", self._network])
        run(["ip", "address", "replace", f"{OUTSIDE}/30", "dev", DEVICE])
        run(["ip", "link", "set", DEVICE, "up"])
        run([*inside, "link", "set", "lo", "up"])
        run([*inside, "address", "replace", f"{INSIDE}/30", "dev", "eth0"])
        run([*inside, "link", "set", "eth0", "up"])
        run([*inside, "route", "replace", "default", "via", OUTSIDE])


def lacking() -> str:
    """Why no room can be made on this machine; empty if one can."""
    if os.geteuid() != 0:
        return "a Podman and nodes of its own want root"
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    if system.get("VERSION_CODENAME") != debian.SUITE:
        return f"its Podman is unpacked from the packages of Debian {debian.SUITE}, which this machine is not"
    return ""


def room() -> Room:
    """The room of this machine and environment."""
    return Room(state_dir().resolve().parent / "room")


def configuration(image: str, nodes: int = 1) -> str:
    """kind's configuration, with what a node in a container needs where the machine allows little.

    Beside others, the first node runs the control plane and none of the pods that tests make.
    """
    kubelet = {
        "kind": "KubeletConfiguration",
        "failCgroupV1": not host.cgroup_v1(),
        "featureGates": {"KubeletInUserNamespace": host.limited_resources()},
        "localStorageCapacityIsolation": False,  # the node's root is an overlay, of which it cannot tell what is left
    }
    containerd = f"""\
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = {str(host.limited_resources()).lower()}
  disable_apparmor = {str(host.no_apparmor()).lower()}
"""
    return json.dumps(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "networking": {"apiServerAddress": INSIDE, "apiServerPort": PORT},
            "containerdConfigPatches": [containerd],
            "kubeadmConfigPatches": [json.dumps(kubelet)],
            "nodes": [{"role": role, "image": image} for role in ["control-plane"] + (nodes - 1) * ["worker"]],
        },
        indent=2,
    )
