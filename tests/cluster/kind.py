"""The cluster where Docker or Podman works: kind, one node, from ``kind.yaml`` beside this file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import binaries, images
from tests.cluster.commands import run, succeeds
from tests.cluster.engines import engine
from tests.cluster.paths import HERE, made, state_dir
from tests.cluster.progress import stage

NAME = "penstock"


@dataclass(frozen=True)
class KindCluster:
    """A kind cluster named ``penstock``."""

    kind = "kind"
    audit_log = None

    @property
    def kubeconfig(self) -> Path:
        return state_dir() / "kubeconfig"

    def alive(self) -> bool:
        """Whether the cluster's API server answers."""
        words: list[str | Path] = ["--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz"]
        return self.kubeconfig.exists() and succeeds([binaries.command("kubectl"), *words])

    def up(self) -> None:
        """Create the cluster unless it is there, and load the base image."""
        clients = [binaries.command(name) for name in ("kind", "kubectl", "helm")]
        with stage("creating the kind cluster", usually="1 min; the first time it pulls 1 GB"):
            if NAME not in self._kind("get", "clusters").split():
                made(self.kubeconfig.parent)
                wait: list[str | Path] = ["--wait", "180s", "--kubeconfig", self.kubeconfig]
                self._kind("create", "cluster", "--name", NAME, "--config", HERE / "kind.yaml", *wait)
            else:
                self._kind("export", "kubeconfig", "--name", NAME, "--kubeconfig", self.kubeconfig)
        run([clients[1], "--kubeconfig", self.kubeconfig, "wait", "--for=condition=Ready", "node", "--all"])
        images.build(images.chosen(["python"]))
        self.load([images.PYTHON])

    def down(self) -> None:
        """Delete the cluster."""
        self._kind("delete", "cluster", "--name", NAME, "--kubeconfig", self.kubeconfig)
        self.kubeconfig.unlink(missing_ok=True)

    def load(self, names: list[str]) -> None:
        """Bring images from the engine to the node."""
        for name in names:
            with stage(f"loading {name}"), tempfile.TemporaryDirectory(prefix="penstock-image-") as folder:
                archive = Path(folder) / "image.tar"
                engine().archive(name, archive)
                self._kind("load", "image-archive", archive, "--name", NAME)

    def describe(self) -> list[str]:
        """The node's container, as kind names it."""
        return [f"node {name}" for name in self._kind("get", "nodes", "--name", NAME).split()]

    def _kind(self, *words: str | Path) -> str:
        # kind asks Docker first; the variable makes it take the engine that answered.
        return run([binaries.command("kind"), *words], env={"KIND_EXPERIMENTAL_PROVIDER": engine().command})
