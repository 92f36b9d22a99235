"""The operator on the cluster, as a user gets it: its images built and loaded, then Helm with the project's chart."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.cluster import binaries
from tests.cluster.agenda import AFTER
from tests.cluster.choice import cluster
from tests.cluster.commands import run
from tests.cluster.images import OPERATOR
from tests.cluster.paths import CHECKOUT, locked, state_dir
from tests.cluster.progress import ClusterError, stage

NAME = "penstock"
NAMESPACE = "penstock-system"
INSTALLING = 15
"""Seconds."""
CHART = CHECKOUT / "charts/penstock"


def bring_up(after: float = 0) -> None:
    """A cluster with the project's images; this process's KUBECONFIG and PATH name it and its kubectl and helm.

    ``after`` is about how many seconds the caller goes on afterwards, for those who wait.

    Raises:
        ClusterError: it did not come up; the cluster tooling has said why.
    """
    for command in ("up", "images"):
        words, environment = [sys.executable, "-m", "tests.cluster", command], {**os.environ, AFTER: str(after)}
        if subprocess.run(words, cwd=CHECKOUT, stdout=sys.stderr, env=environment).returncode:
            raise ClusterError(f"'python -m tests.cluster {command}' failed; see above")
    one = cluster()
    os.environ["PATH"] = os.pathsep.join([str(binaries.on_path()), os.environ["PATH"]])
    os.environ["KUBECONFIG"] = str(one.kubeconfig)


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the operator for this run: two runs at once would exchange one another's."""
    with locked(state_dir().parent / "operator.lock"):
        yield


def install(*settings: str, name: str = NAME, namespace: str = NAMESPACE, cluster_wide: bool = True) -> None:
    """Install or upgrade a release and wait until its operator is ready; ``settings`` are words for ``helm --set``.

    The tag of the image is always the same, so an annotation with the digest of what it was built from
    makes new pods when the image is another one. Definitions of the kinds that somebody applied by hand are taken over.
    """
    words = [f"scope.clusterWide={str(cluster_wide).lower()}", *settings]
    built = cluster().builder.inputs(OPERATOR)[:12] or "unknown"
    with stage(f"installing the operator with Helm into {namespace}", seconds=INSTALLING), _telling(namespace):
        run(
            [
                *("helm", "upgrade", "--install", name, CHART),
                *("--namespace", namespace, "--create-namespace", "--take-ownership", "--force-conflicts"),
                *("--wait", "--timeout", "10m"),
                *(word for setting in words for word in ("--set", setting)),
                *("--set-string", f"podAnnotations.penstock\\.dev/built-from={built}"),
            ]
        )


@contextmanager
def _telling(namespace: str) -> Iterator[None]:
    """Add to an error what the operator's pods are doing: Helm says only that they are not ready."""
    try:
        yield
    except ClusterError as error:
        kubectl = ["kubectl", "--namespace", namespace]
        found = [str(error)]
        for words in (["get", "pods"], ["logs", "--selector=app.kubernetes.io/component=operator", "--tail=15"]):
            with suppress(ClusterError):
                found.append(run([*kubectl, *words]))
        raise ClusterError("\n".join(found)) from error


def uninstall(name: str = NAME, namespace: str = NAMESPACE) -> None:
    """Remove a release, and wait until it is gone; the kinds stay, as the chart says."""
    run(["helm", "uninstall", name, "--namespace", namespace, "--wait", "--timeout", "10m", "--ignore-not-found"])
