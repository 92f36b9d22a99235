"""What this machine has room for, as a Node says it: admission, plans and reasons are of real numbers."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from penstock.local.objects import Object

NAME = "local"
PODS_PER_CPU = 8
"""Steps that may run at once for each processor, if they ask for nothing that says it better."""
_CGROUP = Path("/sys/fs/cgroup")


def node(capacity: Mapping[str, str]) -> Object:
    """The machine as a Node with so much to allocate."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NAME, "namespace": "", "labels": {"kubernetes.io/hostname": NAME}},
        "status": {
            "allocatable": dict(capacity),
            "capacity": dict(capacity),
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def capacity(folder: Path) -> dict[str, str]:
    """Processors, memory, GPUs and disk (of the folder's) that this process may use."""
    cpus = _cpus()
    found = {
        "cpu": f"{round(cpus * 1000)}m",
        "memory": str(_memory()),
        "pods": str(max(1, round(cpus * PODS_PER_CPU))),
        "ephemeral-storage": str(shutil.disk_usage(folder).free),
    }
    gpus = _gpus()
    return {**found, **({"nvidia.com/gpu": str(gpus)} if gpus else {})}


def _cpus() -> float:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        return min(float(count), int(quota) / int(period))
    return float(count)


def _memory() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(total, int((_CGROUP / "memory.max").read_text()))
    return total


def _gpus() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    with suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=10, check=True)
        return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return 0
