"""A Podman of our own, unpacked beside the machine's programs and not installed: no other command here finds it.

It shares buildah's storage, so what one has built the other has too; but not its account of what is mounted, for the
containers' mounts are in another namespace.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.engines import LAYERS
from tests.cluster.paths import cache_dir, made
from tests.cluster.unpacked import Unpacked, unpacked

PACKAGES = ("podman", "conmon", "netavark", "aardvark-dns", "libsubid4", "libglib2.0-0")
"""What is unpacked; buildah's own packages have the rest."""
RUNTIME = Path("/run/penstock-podman")
"""Must not outlive a reboot."""


class Podman(Unpacked):
    """Its settings lie beside the command, which runs it."""

    def configure(self) -> None:
        """Unpack it if the cache has none, and write its settings and the command."""
        home = unpacked("podman", PACKAGES)
        containers, storage = self.folder / "containers.conf", self.folder / "storage.conf"
        libraries = ":".join(str(path) for path in home.glob("usr/lib/*-linux-gnu*"))
        layers = made(cache_dir() / LAYERS)
        if not containers.exists():
            _forget(layers)
        # It needs libraries that were unpacked, and Podman passes it no variables.
        conmon = self.write("conmon", f'LD_LIBRARY_PATH={libraries} exec {home}/usr/bin/conmon "$@"\n')
        # Where its records are is not set: what cleans up after a container is told --root, and takes them to be there.
        containers.write_text(
            f"""\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]

[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{conmon}"]
events_logger = "file"
helper_binaries_dir = ["{home}/usr/lib/podman"]
lock_type = "file"
runtime = "runc"
tmp_dir = "{RUNTIME}/running"

[network]
network_backend = "netavark"
network_config_dir = "{made(self.folder / "networks")}"
"""
        )
        storage.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{layers}"\nrunroot = "{RUNTIME}"\n')
        # A build stays outside: it needs the machine's network, as buildah's do, to reach package registries.
        self.write(
            "podman",
            f"""\
export CONTAINERS_CONF={containers} CONTAINERS_STORAGE_CONF={storage} BUILDAH_ISOLATION=chroot
export LD_LIBRARY_PATH={libraries}
if [ "$1" = build ]; then exec {home}/usr/bin/podman "$@"; fi
exec nsenter {" ".join(self.namespaces)} --wdns="$PWD" {home}/usr/bin/podman "$@"
""",
        )

    def remove_all(self) -> None:
        """Remove its containers, their volumes and networks; the images stay."""
        if not (command := self.path / "podman").exists():
            return
        run([command, "rm", "--all", "--force", "--volumes", "--time", "0"])
        run([command, "network", "prune", "--force"])
        shutil.rmtree(self.folder)
        _forget(cache_dir() / LAYERS)


def _forget(layers: Path) -> None:
    """Remove the records of a Podman that is no more: they name places of its room."""
    for folder in (layers / "libpod", layers / "volumes", RUNTIME):
        shutil.rmtree(folder, ignore_errors=True)
