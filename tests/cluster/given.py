"""A cluster that the user has and names with KUBECONFIG: used as it is, never stopped."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.commands import run, succeeds
from tests.cluster.engines import Engine, engine
from tests.cluster.progress import ClusterError, stage

LOADER = "PENSTOCK_IMAGE_LOADER"


@dataclass(frozen=True)
class GivenCluster:
    """The cluster of a kubeconfig."""

    kubeconfig: Path
    kind = "given by KUBECONFIG"
    audit_log = None

    @property
    def builder(self) -> Engine:
        """What builds images for it: whatever this machine has."""
        return engine()

    def alive(self) -> bool:
        """Whether its API server answers."""
        words: list[str | Path] = ["--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz"]
        return succeeds([binaries.command("kubectl"), *words])

    def up(self) -> None:
        """Nothing to start; raise ClusterError if it does not answer."""
        binaries.command("helm")
        if not self.alive():
            raise ClusterError(f"the cluster of KUBECONFIG={self.kubeconfig} does not answer; start it, or unset it")

    def down(self) -> None:
        """It is not ours to stop: nothing happens."""

    def left(self) -> bool:
        """Nothing of it is ours."""
        return False

    def load(self, names: list[str]) -> None:
        """Bring images to its nodes with the command in PENSTOCK_IMAGE_LOADER, which gets the archive's path.

        Raises:
            ClusterError: there is no such command, and nobody else knows how to reach the nodes.
        """
        loader = os.environ.get(LOADER)
        if not loader:
            raise ClusterError(
                f"how images come to the nodes of KUBECONFIG={self.kubeconfig} is not known here; set {LOADER} to a "
                "command that takes an image archive, e.g. 'minikube image load' or 'k3s ctr images import'"
            )
        for name in names:
            with stage(f"loading {name}"), tempfile.TemporaryDirectory(prefix="penstock-image-") as folder:
                archive = Path(folder) / "image.tar"
                self.builder.archive(name, archive)
                run([*shlex.split(loader), archive])

    def describe(self) -> list[str]:
        """Its nodes."""
        names = run([binaries.command("kubectl"), "--kubeconfig", self.kubeconfig, "get", "nodes", "-o", "name"])
        return names.split()
