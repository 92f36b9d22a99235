"""Which cluster it is: the one given, else kind, else processes on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from tests.cluster.engines import answers
from tests.cluster.given import GivenCluster
from tests.cluster.kind import KindCluster
from tests.cluster.local import LocalCluster
from tests.cluster.paths import state_dir


class Cluster(Protocol):
    """What the commands need of a cluster."""

    kind: str

    @property
    def kubeconfig(self) -> Path: ...

    @property
    def audit_log(self) -> Path | None: ...

    def alive(self) -> bool: ...

    def up(self) -> None: ...

    def down(self) -> None: ...

    def load(self, names: list[str]) -> None: ...

    def describe(self) -> list[str]: ...


def cluster() -> Cluster:
    """The cluster of this machine and environment; a KUBECONFIG that is our own names no other one."""
    ours = (KindCluster(), LocalCluster())
    given = os.environ.get("KUBECONFIG")
    if given and Path(given).resolve() not in {one.kubeconfig.resolve() for one in ours}:
        return GivenCluster(Path(given))
    if _started().exists():
        return next(one for one in ours if one.kind == _started().read_text())
    return KindCluster() if answers("docker") or answers("podman") else LocalCluster()


def remember(one: Cluster) -> None:
    """Note which cluster was started, so that ``down`` ends that one even if an engine comes or goes meanwhile."""
    if not isinstance(one, GivenCluster):
        _started().write_text(one.kind)


def forget() -> None:
    """Nothing runs any more."""
    _started().unlink(missing_ok=True)


def _started() -> Path:
    return state_dir() / "started"
