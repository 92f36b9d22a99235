"""What this machine allows: the kubelet and containerd need a few settings where it allows less than a bare one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.cluster.commands import succeeds
from tests.cluster.progress import ClusterError

CAP_SYS_RESOURCE = 24


def require_root() -> None:
    """Raise ClusterError unless this is root on Linux: a node mounts, and makes network namespaces."""
    if not Path("/proc/self/status").exists():
        raise ClusterError("a cluster on this machine needs Linux; start Docker or Podman, and kind is used")
    if os.geteuid() != 0:
        raise ClusterError(
            "a cluster on this machine needs root (sudo before the command); "
            "or start Docker or Podman, and kind is used; or set KUBECONFIG to a cluster you have"
        )


def cgroup_v1() -> bool:
    """Whether the controllers are in version 1 hierarchies, which the kubelet refuses unless told otherwise."""
    return not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def limited_resources() -> bool:
    """Whether CAP_SYS_RESOURCE is missing: then nothing may lower an OOM score or raise a limit."""
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return not int(effective, 16) >> CAP_SYS_RESOURCE & 1


def no_apparmor() -> bool:
    """Whether AppArmor is off, or its loader absent, so that containers cannot have a profile."""
    enabled = Path("/sys/module/apparmor/parameters/enabled")
    on = enabled.exists() and enabled.read_text().strip() == "Y"
    return not (on and shutil.which("apparmor_parser"))


def filters_bridges() -> bool:
    """Whether bridged packets can pass iptables; tries to load the kernel module."""
    succeeds(["modprobe", "br_netfilter"])
    return Path("/proc/sys/net/bridge/bridge-nf-call-iptables").exists()


def hides_root_device() -> bool:
    """Whether the device of the root file system is not to be found, so that its free space cannot be accounted."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        if words[4] == "/":
            return not words[words.index("-") + 2].startswith("/dev/") or not _is_block(words[words.index("-") + 2])
    return True


def mount_points() -> list[Path]:
    """Where something is mounted; a place is named as often as something is mounted on it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [Path(line.split()[4].encode().decode("unicode_escape")) for line in lines]


def _is_block(device: str) -> bool:
    return Path(device).is_block_device()
