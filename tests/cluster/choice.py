"""Which cluster it is: the one asked for or given, else kind, else processes on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.cluster.engines import Engine, container_engine
from tests.cluster.given import GivenCluster
from tests.cluster.kind import KindCluster, NoNodeImage
from tests.cluster.local import LocalCluster
from tests.cluster.paths import state_dir
from tests.cluster.progress import ClusterError, say

ASKED = "PENSTOCK_CLUSTER"


class Cluster(Protocol):
    """What the commands need of a cluster."""

    kind: str

    @property
    def kubeconfig(self) -> Path: ...

    @property
    def audit_log(self) -> Path | None: ...

    @property
    def builder(self) -> Engine: ...

    def alive(self) -> bool: ...

    def up(self) -> None: ...

    def down(self) -> None: ...

    def left(self) -> bool: ...

    def load(self, names: list[str]) -> None: ...

    def describe(self) -> list[str]: ...


@dataclass(frozen=True)
class Choice:
    """A cluster and why it is that one; ``free`` if another would be as good."""

    cluster: Cluster
    why: str
    free: bool = False


def cluster() -> Cluster:
    """The cluster of this machine and environment."""
    return choose().cluster


def choose() -> Choice:
    """The cluster, and why it is that one; a KUBECONFIG that is our own names no other one.

    Raises:
        ClusterError: PENSTOCK_CLUSTER asks for none that there is.
    """
    ours: dict[str, Cluster] = {"kind": KindCluster(), "processes": LocalCluster()}
    given, asked = os.environ.get("KUBECONFIG"), os.environ.get(ASKED)
    if asked and asked not in ours:
        raise ClusterError(f"{ASKED}={asked}: it can be {' or '.join(ours)}")
    if given and not asked and Path(given).resolve() not in {one.kubeconfig.resolve() for one in ours.values()}:
        return Choice(GivenCluster(Path(given)), "KUBECONFIG names it")
    if _started().exists():
        return Choice(next(one for one in ours.values() if one.kind == _started().read_text()), "it was started before")
    if asked:
        return Choice(ours[asked], f"{ASKED} asks for it")
    if found := container_engine():
        return Choice(ours["kind"], f"{found.command} answers; {ASKED}=processes does without", free=True)
    return Choice(ours["processes"], "neither Docker nor Podman answers", free=True)


def start() -> Cluster:
    """Bring the chosen cluster up, unless it is.

    Without an image of kind's nodes, and if nobody insists on kind, it becomes a cluster of processes.

    Raises:
        ClusterError: it did not come up, or another one than the one asked for is there.
    """
    choice, asked = choose(), os.environ.get(ASKED)
    one = choice.cluster
    if asked and (asked == "kind") != isinstance(one, KindCluster):
        raise ClusterError(
            f"{ASKED}={asked}, but a cluster was started that is {one.kind}: 'make clean-cluster' stops it"
        )
    say(f"the cluster is {one.kind}: {choice.why}")
    if one.alive():
        return one
    try:
        _start(one)
    except NoNodeImage as error:
        if not choice.free:
            raise
        say(f"{error}\nso the cluster is made of processes on this machine; {ASKED}=kind insists")
        one = LocalCluster()
        _start(one)
    return one


def _start(one: Cluster) -> None:
    """Bring it up; note first which one, so that ``down`` ends that one even if an engine comes or goes meanwhile."""
    if not isinstance(one, GivenCluster):
        _started().write_text(one.kind)
    try:
        one.up()
    except BaseException:
        if not one.left():
            forget()
        raise


def stop(one: Cluster) -> None:
    """Stop the cluster, and forget that it was started; one that is given goes on."""
    one.down()
    if not isinstance(one, GivenCluster):
        forget()


def forget() -> None:
    """Nothing runs any more."""
    _started().unlink(missing_ok=True)


def _started() -> Path:
    return state_dir() / "started"
