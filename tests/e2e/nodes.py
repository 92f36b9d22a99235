"""Nodes that tests close, shrink, make and lose. Who uses this is marked ``alone``; all is put right afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.choice import cluster
from tests.cluster.commands import run
from tests.cluster.progress import wait_until
from tests.e2e.expectations import GPU
from tests.e2e.manifests import IMAGE
from tests.e2e.space import LATEST, PATIENCE, Object, kubectl

TAINT = "penstock.dev/test"
"""Keeps everything off a node that a test made but what tolerates it."""
TOLERATION = {"key": TAINT, "operator": "Exists"}
OFF = "node.kubernetes.io/out-of-service"
"""By this taint somebody says that a node is off, so that nothing on it runs any more."""
SPACIOUS = {"cpu": "64", "memory": "256Gi", "pods": "110"}


def every() -> dict[str, int]:
    """The nodes there are, and how many GPUs each has."""
    return {one["metadata"]["name"]: int(one["status"]["allocatable"].get(GPU, 0)) for one in _found()}


def open_ones() -> list[str]:
    """The nodes that take every pod, in order."""
    return sorted(one["metadata"]["name"] for one in _found() if not one["spec"].get("taints"))


def offer(gpus: int, on: int = 1) -> None:
    """Make so many nodes that take pods offer so many GPUs each, whatever they hold, and the others none.

    Raises:
        AssertionError: fewer nodes take pods.
    """
    chosen = open_ones()[:on]
    assert len(chosen) == on, f"{on} nodes are to offer {GPU}, but pods can go to {chosen} only"
    for name in every():
        _offer(name, gpus if name in chosen else 0)


@contextmanager
def offering(gpus: int, on: int = 1) -> Iterator[None]:
    """So many GPUs on each of so many nodes, and none on others; afterwards as many as before."""
    before = every()
    offer(gpus, on)
    try:
        yield
    finally:
        for name, count in before.items():
            _offer(name, count)


@contextmanager
def cordoned() -> Iterator[None]:
    """No node takes new pods."""
    names = list(every())
    kubectl("cordon", *names)
    try:
        yield
    finally:
        kubectl("uncordon", *names)


@contextmanager
def made(name: str, gpus: int) -> Iterator[None]:
    """A Node that is Ready and has much of everything, though no kubelet is behind it: its pods never run.

    Only pods with ``TOLERATION`` come to it.
    """
    resources = {**SPACIOUS, GPU: str(gpus)}
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": "a test says so"}
    images = [{"names": [IMAGE], "sizeBytes": 50_000_000}]  # else kube-scheduler would prefer nodes that have it
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "spec": {"taints": [{"key": TAINT, "effect": "NoSchedule"}]},
        "status": {"capacity": resources, "allocatable": resources, "conditions": [ready], "images": images},
    }
    kubectl("create", "-f", "-", stdin=json.dumps(node))
    try:
        # The API server closes a new node until its controller has seen that it is ready.
        wait_until(f"node {name}", lambda: _taints(name) == [TAINT], PATIENCE)
        yield
    finally:
        lose(name)
        words = ["--all-namespaces", f"--field-selector=spec.nodeName={name}", "--force", "--grace-period=0"]
        kubectl("delete", "pods", *words)


def lose(name: str) -> None:
    """The Node is gone at once, its pods are not."""
    kubectl("delete", "node", name, "--ignore-not-found")


@contextmanager
def stopped(name: str) -> Iterator[None]:
    """The container that is a node of kind's does not run, as if somebody had pulled the plug; afterwards it is Ready.

    Raises:
        AssertionError: its Node did not become Ready again.
    """
    engine = cluster().builder.command
    run([engine, "kill", name])
    try:
        kubectl("wait", f"node/{name}", "--for=condition=Ready=Unknown", LATEST)
        yield
    finally:
        run([engine, "start", name])
        if OFF in _taints(name):
            kubectl("taint", "node", name, f"{OFF}-")
        kubectl("wait", f"node/{name}", "--for=condition=Ready", LATEST)
        wait_until(f"pods for node {name}", lambda: not _taints(name), PATIENCE)


def declare_off(name: str) -> None:
    """Say that the node is off; what the API server believes to run on it is given up then."""
    kubectl("taint", "node", name, f"{OFF}=yes:NoExecute")


def play_kubelet(pod: Object) -> None:
    """Say of a pod on such a node that its container runs."""
    meta = pod["metadata"]
    (container,) = pod["spec"]["containers"]
    running = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "restartCount": 0,
        "ready": True,
        "state": {"running": {"startedAt": meta["creationTimestamp"]}},
    }
    status = json.dumps({"status": {"phase": "Running", "containerStatuses": [running]}})
    words = ["--namespace", meta["namespace"], "patch", "pod", meta["name"]]
    kubectl(*words, "--subresource=status", "--type=merge", "--patch", status)


def _found() -> list[Object]:
    items: list[Object] = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    return items


def _taints(name: str) -> list[str]:
    return kubectl("get", "node", name, "--output=jsonpath={.spec.taints[*].key}").split()


def _offer(name: str, gpus: int) -> None:
    amounts = {GPU: str(gpus)}
    patch = json.dumps({"status": {"capacity": amounts, "allocatable": amounts}})
    kubectl("patch", "node", name, "--subresource=status", "--type=merge", "--patch", patch)
