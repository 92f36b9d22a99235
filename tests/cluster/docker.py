"""A Docker of our own, unpacked beside the machine's programs and not installed: no other command here finds it.

Its daemon touches no rule of iptables, for it shares a network namespace with a Podman: its containers have addresses,
and reach nothing.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from tests.cluster.commands import run, succeeds
from tests.cluster.engines import BUILDAH, Engine
from tests.cluster.paths import made
from tests.cluster.processes import Processes
from tests.cluster.progress import stage
from tests.cluster.unpacked import Unpacked, unpacked

PACKAGES = ("docker.io",)
"""What is unpacked; containerd, runc and the libraries are among the packages of a cluster."""
RUNTIME = Path("/run/penstock-docker")
"""Must not outlive a reboot; a socket's path must be short."""
CGROUPS = "penstock-docker"
DAEMON = "dockerd"


class Docker(Unpacked):
    """Its settings, images and daemon's records lie beside the command; the daemon is what runs in the namespaces."""

    @property
    def _command(self) -> Path:
        return self.path / "docker"

    def start(self) -> None:
        """Unpack it if the cache has none, write its settings and the command, and start the daemon unless it runs."""
        home = unpacked("docker", PACKAGES)
        socket = f"unix://{RUNTIME}/docker.sock"
        self.write("docker", f'export DOCKER_HOST={socket}\nexec {home}/usr/bin/docker "$@"\n')
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
        made(RUNTIME)
        words = ["nsenter", *self.namespaces, home / "usr/sbin/dockerd", "--config-file", settings]
        processes = Processes(self.folder)
        processes.start(DAEMON, words)
        processes.wait_for(DAEMON, lambda: succeeds([self._command, "info"]))

    def load(self, image: str) -> None:
        """Bring in an image that buildah has, unless it is there."""
        inputs = BUILDAH.inputs(image)
        if inputs and Engine(str(self._command)).inputs(image) == inputs:
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
