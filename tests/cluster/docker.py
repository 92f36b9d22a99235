"""A Docker of our own, unpacked beside the machine's programs and not installed: no other command here finds it.

Its daemon touches no rule of iptables, for it shares a network namespace with a Podman: its containers have addresses,
and reach nothing.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.commands import run, succeeds
from tests.cluster.engines import BUILDAH, INPUTS
from tests.cluster.paths import made
from tests.cluster.processes import Processes
from tests.cluster.progress import stage
from tests.cluster.unpacked import unpacked

PACKAGES = ("docker.io",)
"""What is unpacked; containerd, runc and the libraries are among the packages of a cluster."""
RUNTIME = Path("/run/penstock-docker")
"""Must not outlive a reboot; a socket's path must be short."""
CGROUPS = "penstock-docker"
DAEMON = "dockerd"


@dataclass(frozen=True)
class Docker:
    """What is its own lies in ``folder``, a command of its name too; the daemon is in namespaces (nsenter's words)."""

    folder: Path
    namespaces: Sequence[str]

    @property
    def path(self) -> Path:
        """The directory to put on PATH."""
        return self.folder / "bin"

    @property
    def _command(self) -> Path:
        return self.path / "docker"

    def start(self) -> None:
        """Unpack it if the cache has none, write its settings and the command, and start the daemon unless it runs."""
        home = unpacked("docker", PACKAGES)
        made(self.path)
        socket = f"unix://{RUNTIME}/docker.sock"
        settings = self.folder / "daemon.json"
        settings.write_text(
            json.dumps(
                {
                    "hosts": [socket],
                    "data-root": str(self.folder / "data"),
                    "exec-root": str(RUNTIME),
                    "pidfile": str(self.folder / "pid"),
                    "exec-opts": ["native.cgroupdriver=cgroupfs"],
                    "cgroup-parent": f"/{CGROUPS}",
                    "storage-driver": "overlay2",
                    "iptables": False,
                    "ip-forward": False,
                    "ip-masq": False,
                    "userland-proxy": False,
                }
            )
        )
        self._command.write_text(f'#!/bin/sh\nexport DOCKER_HOST={socket}\nexec {home}/usr/bin/docker "$@"\n')
        self._command.chmod(0o755)
        made(RUNTIME)
        words = ["nsenter", *self.namespaces, home / "usr/sbin/dockerd", "--config-file", settings]
        processes = Processes(self.folder)
        processes.start(DAEMON, words)
        processes.wait_for(DAEMON, lambda: succeeds([self._command, "info"]))

    def load(self, image: str) -> None:
        """Bring in an image that buildah has, unless it is there."""
        words = ["image", "inspect", "--format", f'{{{{index .Config.Labels "{INPUTS}"}}}}', image]
        if succeeds([self._command, *words]) and run([self._command, *words]).strip() == BUILDAH.inputs(image):
            return
        with stage(f"loading {image} into Docker"), tempfile.TemporaryDirectory(prefix="penstock-image-") as folder:
            archive = Path(folder) / "image.tar"
            BUILDAH.archive(image, archive)
            run([self._command, "load", "--quiet", "--input", archive])

    def stop(self) -> None:
        """End the daemon, which ends its containers; the images stay."""
        Processes(self.folder).stop(DAEMON, seconds=30)

    def remove_all(self) -> None:
        """End it, and leave nothing of it."""
        if self.folder.exists():
            self.stop()
            shutil.rmtree(self.folder)
        shutil.rmtree(RUNTIME, ignore_errors=True)
