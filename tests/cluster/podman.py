"""A Podman of our own, unpacked beside the machine's programs and not installed: no other command here finds it.

It shares buildah's storage, so what one has built the other has too; but not its account of what is mounted, for the
containers' mounts are in another namespace.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.commands import run
from tests.cluster.engines import LAYERS
from tests.cluster.paths import cache_dir, made
from tests.cluster.unpacked import unpacked

PACKAGES = ("podman", "conmon", "netavark", "aardvark-dns", "libsubid4", "libglib2.0-0")
"""What is unpacked; buildah's own packages have the rest."""
RUNTIME = Path("/run/penstock-podman")
"""Must not outlive a reboot."""


@dataclass(frozen=True)
class Podman:
    """Its settings and a command of its name lie in ``folder``; the command runs it in namespaces (nsenter's words)."""

    folder: Path
    namespaces: Sequence[str]

    @property
    def path(self) -> Path:
        """The directory to put on PATH."""
        return self.folder / "bin"

    def configure(self) -> None:
        """Unpack it if the cache has none, and write its settings and the command."""
        home = unpacked("podman", PACKAGES)
        containers, storage = self.folder / "containers.conf", self.folder / "storage.conf"
        libraries = ":".join(str(path) for path in home.glob("usr/lib/*-linux-gnu*"))
        layers = made(cache_dir() / LAYERS)
        made(self.path)
        if not containers.exists():
            _forget(layers)
        # Where its records are is not set: what cleans up after a container is told --root, and takes them to be there.
        containers.write_text(
            f"""\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]

[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{self._with_libraries("conmon", home / "usr/bin/conmon", libraries)}"]
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
        command = self.path / "podman"
        # A build stays outside: it needs the machine's network, as buildah's do, to reach package registries.
        command.write_text(
            f"""\
#!/bin/sh
export CONTAINERS_CONF={containers} CONTAINERS_STORAGE_CONF={storage} BUILDAH_ISOLATION=chroot
export LD_LIBRARY_PATH={libraries}
if [ "$1" = build ]; then exec {home}/usr/bin/podman "$@"; fi
exec nsenter {" ".join(self.namespaces)} --wdns="$PWD" {home}/usr/bin/podman "$@"
"""
        )
        command.chmod(0o755)

    def _with_libraries(self, name: str, program: Path, libraries: str) -> Path:
        """A command that starts the program with libraries that were unpacked; Podman passes it no variables."""
        command = self.path / name
        command.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {program} "$@"\n')
        command.chmod(0o755)
        return command

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
