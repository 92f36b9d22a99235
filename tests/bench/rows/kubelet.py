"""Row 14: a chain of ten trivial steps on a real kubelet, beside ten bare Jobs one after the other."""

from __future__ import annotations

import asyncio
import json
import time

from tests import release
from tests.bench import workloads
from tests.bench.figures import Figure
from tests.cluster.commands import run
from tests.cluster.images import PYTHON
from tests.plane.api import Object

LENGTH = 10
NAMESPACE = "bench-kubelet"
LONGEST = "--timeout=300s"


async def trial() -> list[Figure]:
    """On the project's own cluster, which stays, with the operator installed by Helm."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    release.bring_up()
    with release.exclusive():
        release.install()
        run(["kubectl", "create", "namespace", NAMESPACE])
        try:
            steps, jobs = _chain(), _jobs()
        finally:
            run(["kubectl", "delete", "namespace", NAMESPACE])
    name = f"chain of {LENGTH} on a real kubelet"
    return [
        Figure(14, f"{name}: wall time per step", steps, "s", 2.6, peer="Argo 4.05 s; 10.0 s as it comes"),
        Figure(14, f"{LENGTH} bare Jobs one after the other: wall time per Job, until its pod succeeded", jobs, "s"),
    ]


def _chain() -> float:
    """Seconds a step, until the Pipeline says that it ended well."""
    chain = workloads.pipeline("chain", workloads.chain(LENGTH))
    chain["spec"]["defaults"]["image"] = PYTHON
    began = time.monotonic()
    _apply(chain)
    _wait("--for=jsonpath={.status.phase}=Succeeded", "pipeline/chain")
    return (time.monotonic() - began) / LENGTH


def _jobs() -> float:
    """Seconds a Job; kubectl's own time, two starts of it a Job, is in it."""
    container = {"name": "step", "image": PYTHON, "command": ["true"]}
    began = time.monotonic()
    for number in range(LENGTH):
        pod = {"restartPolicy": "Never", "containers": [container]}
        template = {"metadata": {"labels": {"bare": str(number)}}, "spec": pod}
        meta = {"name": f"bare-{number}"}
        _apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}})
        _wait("--for=create", "pod", "--selector", f"bare={number}")
        _wait("--for=jsonpath={.status.phase}=Succeeded", "pod", "--selector", f"bare={number}")
    return (time.monotonic() - began) / LENGTH


def _apply(manifest: Object) -> None:
    run(["kubectl", "apply", "--namespace", NAMESPACE, "--filename", "-"], stdin=json.dumps(manifest))


def _wait(*words: str) -> None:
    run(["kubectl", "wait", "--namespace", NAMESPACE, LONGEST, *words])
