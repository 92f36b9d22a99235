"""A Podman of our own, unpacked beside the machine's programs and not installed: no other command here finds it.

It shares buildah's storage, so what one has built the other has too; but not its account of what is mounted, for the
containers' mounts are in another namespace.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import packages
from tests.cluster.commands import run
from tests.cluster.engines import LAYERS
from tests.cluster.paths import cache_dir, locked, made
from tests.cluster.progress import ClusterError, stage

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
        home = _unpacked()
        containers, storage = self.folder / "containers.conf", self.folder / "storage.conf"
        made(self.path)
        containers.write_text(
            f"""\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]

[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{home}/usr/bin/conmon"]
events_logger = "file"
helper_binaries_dir = ["{home}/usr/lib/podman"]
lock_type = "file"
runtime = "runc"
static_dir = "{made(self.folder / "records")}"
tmp_dir = "{self.folder}/running"
volume_path = "{made(self.folder / "volumes")}"

[network]
network_backend = "netavark"
network_config_dir = "{made(self.folder / "networks")}"
"""
        )
        layers = made(cache_dir() / LAYERS)
        storage.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{layers}"\nrunroot = "{RUNTIME}"\n')
        libraries = ":".join(str(path) for path in home.glob("usr/lib/*-linux-gnu*"))
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

    def remove_all(self) -> None:
        """Remove its containers, their volumes and networks; the images stay."""
        if not (command := self.path / "podman").exists():
            return
        run([command, "rm", "--all", "--force", "--volumes", "--time", "0"])
        run([command, "network", "prune", "--force"])
        shutil.rmtree(self.folder)
        shutil.rmtree(RUNTIME, ignore_errors=True)


def _unpacked() -> Path:
    packages.ensure()
    home = cache_dir() / "podman"
    with locked(cache_dir() / "locks" / "podman"):
        if not home.exists():
            if not shutil.which("apt-get"):
                raise ClusterError(
                    "a Podman of our own is unpacked from Debian's packages, and there is no apt-get here"
                )
            with stage(f"unpacking {', '.join(PACKAGES)}", seconds=10):
                unfinished = cache_dir() / ".podman"
                shutil.rmtree(unfinished, ignore_errors=True)
                run(["apt-get", "download", "--quiet", *PACKAGES], cwd=made(unfinished))
                for package in unfinished.glob("*.deb"):
                    run(["dpkg-deb", "--extract", package, unfinished])
                    package.unlink()
                unfinished.rename(home)
    return home
