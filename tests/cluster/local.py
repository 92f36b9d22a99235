"""The cluster on this machine: control plane, node, DNS and storage as processes, brought up and taken down."""

from __future__ import annotations

import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import binaries, dns, host, images, network, packages, storage, transfer
from tests.cluster.controlplane import ControlPlane
from tests.cluster.engines import BUILDAH, Engine
from tests.cluster.node import Node
from tests.cluster.paths import state_dir
from tests.cluster.progress import plan, stage

FIRST_PORT = 6443
STARTING = 30
"""Seconds from having all programs and images to a node that is Ready."""
OPERATOR_GROUP = "system:serviceaccounts:penstock-system"
"""Whose calls are in the audit log: those of the namespace where tests/release.py installs the operator."""


@dataclass(frozen=True)
class LocalCluster:
    """Kubernetes from its Go modules on this machine; needs root."""

    kind = "processes on this machine"

    @property
    def plane(self) -> ControlPlane:
        return ControlPlane(
            state_dir(),
            address=network.NODE_ADDRESS,
            first_port=int(os.environ.get("PENSTOCK_API_PORT", FIRST_PORT)),
            audit=True,
            audited=() if os.environ.get("PENSTOCK_AUDIT_LOG") else (OPERATOR_GROUP,),
            controller_manager_flags=tuple(shlex.split(os.environ.get("PENSTOCK_KCM_FLAGS", ""))),
        )

    @property
    def node(self) -> Node:
        return Node(self.plane)

    @property
    def kubeconfig(self) -> Path:
        return self.plane.kubeconfig

    @property
    def audit_log(self) -> Path | None:
        """What the operator's account called, one JSON event a line; of everybody with PENSTOCK_AUDIT_LOG."""
        return self.plane.audit_log

    @property
    def builder(self) -> Engine:
        """buildah, whatever else there is: only it gives an image's layers one by one."""
        return BUILDAH

    def alive(self) -> bool:
        """Whether everything that makes the cluster runs and answers."""
        others = all(map(self.plane.processes.alive, (dns.PROCESS, storage.PROCESS)))
        return others and self.plane.alive() and self.node.alive()

    def up(self) -> None:
        """Start what does not run yet; programs, packages and images that are missing are made first."""
        host.require_root()
        made_first = self._images()
        plan(binaries.lane(*binaries.CLUSTER), images.lane(made_first, self.builder), after=STARTING)
        with ThreadPoolExecutor(max_workers=2) as pool:  # compiling keeps the cores busy, the other waits for downloads
            prepared = [pool.submit(self._prepare_images, made_first), pool.submit(self._prepare_programs)]
            for future in prepared:
                future.result()
        with stage("starting containerd"):
            network.up(self.plane.state)
            self.node.containerd.start()
        with ThreadPoolExecutor(max_workers=2) as pool:
            loading = pool.submit(self.load, [image.name for image in images.node_images()] + [images.PYTHON])
            self.plane.start()
            loading.result()
        self.node.start()
        dns.start(self.plane)
        storage.start(self.plane)

    def down(self) -> None:
        """Stop everything, undo what was done to the machine, and forget the cluster's data.

        What a node has on the machine, its containerd's socket first of all, is not ours if we started none: a cluster
        of another state may run.
        """
        if self.left():
            with stage("stopping the cluster"):
                for name in (storage.PROCESS, dns.PROCESS):
                    self.plane.processes.stop(name)
                self.node.stop()
        self.plane.stop(delete=True)

    def left(self) -> bool:
        """Whether there is something to stop or to undo."""
        return bool(self.plane.processes.names()) or network.changed(self.plane.state)

    def load(self, names: list[str]) -> None:
        """Bring images to the node, and of those only the layers that it has not."""
        for name in names:
            transfer.load(self.node.containerd, name)

    def describe(self) -> list[str]:
        """A line for each process: whether it runs, and where its log is."""
        processes = self.plane.processes
        return [
            f"{'running' if processes.alive(name) else 'ENDED  '} {name:24} {processes.log(name)}"
            for name in processes.names()
        ]

    def _prepare_programs(self) -> None:
        binaries.ensure(*binaries.CLUSTER)
        binaries.command("helm")

    def _images(self) -> list[images.Image]:
        """Those that pods need; while programs are built, all others too: they are wanted next, and mostly download."""
        missing = not all(map(binaries.present, binaries.CLUSTER))
        return [*images.node_images(), *images.chosen([] if missing else ["python"])]

    def _prepare_images(self, wanted: list[images.Image]) -> None:
        packages.ensure()
        images.build(wanted, self.builder)
