"""What the operator keeps in memory: ``python -m tests.bench.footprint [--cycles N]``.

The operator as a process, against an API server in memory in this one: idle, with 1,000 steps whose pods run, with
1,000 more, and after all of it is deleted, several times over. It needs no control plane, and so leaves out what that
one adds to objects (row 5 of the bench has it). Processor time is the operator's, for a step that is started and
deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import workloads
from tests.plane.operator import Operator
from tests.shell.fake import FakeCluster
from tests.shell.kubeconfig import kubeconfig
from tests.shell.objects import now

STEPS = 500
"""Steps of one Pipeline."""
PIPELINES = 2
SETTLING = 4.0
"""Seconds from the last change until memory is looked at."""


def run_pods(cluster: FakeCluster) -> None:
    """What the Job controller and kubelet do: a pod for every Job without one, which runs."""
    for job in list(cluster.pending()):
        meta, template = job["metadata"], job["spec"]["template"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
        labels = {**template["metadata"]["labels"], "batch.kubernetes.io/job-name": meta["name"]}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{meta['name']}-x", "labels": labels, "ownerReferences": [owner]},
            "spec": {**template["spec"], "nodeName": "node"},
            "status": {"phase": "Pending"},
        }
        made = cluster.create("pods", meta["namespace"], pod)
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now()}
        state = {"name": "step", "state": {"running": {"startedAt": now()}}}
        made["status"] = {"phase": "Running", "conditions": [scheduled], "containerStatuses": [state]}
        cluster.update("pods", made)
        cluster.update("jobs", {**job, "status": {"active": 1, "ready": 1, "startTime": now()}})


async def until(holds: Callable[[], bool]) -> None:
    """Waits for it, and lets pods run meanwhile."""
    async with asyncio.timeout(600):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.2)


def running(cluster: FakeCluster) -> int:
    """How many Steps say that they run."""
    return sum((step.get("status") or {}).get("phase") == "Running" for step in cluster.all("steps"))


async def start(cluster: FakeCluster, name: str) -> None:
    """Runs 1,000 more steps until their Steps say that they run."""
    known = running(cluster)
    for number in range(PIPELINES):
        manifest = workloads.pipeline(f"{name}-{number}", workloads.independent(STEPS))
        cluster.create("pipelines", "ns", json.loads(json.dumps(manifest)))

    def runs() -> bool:
        run_pods(cluster)
        return running(cluster) == known + PIPELINES * STEPS

    await until(runs)
    await asyncio.sleep(SETTLING)


async def delete(cluster: FakeCluster) -> None:
    """Deletes every Pipeline."""
    for one in cluster.all("pipelines"):
        cluster.delete("pipelines", "ns", one["metadata"]["name"])
        await asyncio.sleep(0)
    await asyncio.sleep(SETTLING)
    for one in cluster.all("steps"):  # what was created meanwhile is garbage
        cluster.delete("steps", "ns", one["metadata"]["name"])


async def measure(cycles: int) -> None:
    """Prints what the operator keeps after each stage."""
    cluster = FakeCluster()
    await cluster.start()
    with tempfile.TemporaryDirectory() as folder:
        ports = []
        for _ in range(2):
            with socket.create_server(("127.0.0.1", 0)) as free:
                ports.append(free.getsockname()[1])
        config = Path(folder) / "kubeconfig"
        config.write_text(json.dumps(kubeconfig(cluster.url, "bench")))
        operator = Operator(Path(folder), config, *ports)
        operator.start()
        try:
            await cycle(cluster, operator, cycles)
        finally:
            operator.stop()
            await cluster.stop()


async def cycle(cluster: FakeCluster, operator: Operator, cycles: int) -> None:
    def say(what: str) -> float:
        found = operator.process.memory()
        sys.stdout.write(f"{what}: {found:.1f} MB\n")
        sys.stdout.flush()
        return found

    await until(lambda: len(cluster.watchers()) >= 7)
    say("nothing was ever run")
    cluster.create("pipelines", "ns", workloads.pipeline("warm", workloads.independent(1)))

    def ran() -> bool:
        cluster.work()
        cluster.conclude()
        return all((one.get("status") or {}).get("phase") == "Succeeded" for one in cluster.all("pipelines"))

    await until(ran)
    await delete(cluster)
    idle = say("idle")
    steps = PIPELINES * STEPS
    for number in range(1, cycles + 1):
        began = operator.process.cpu()
        await start(cluster, f"live-{number}")
        full = say(f"{number}: {steps:,} steps run")
        if number == 1:
            await start(cluster, "more")
            more = say(f"{number}: {2 * steps:,} steps run") - full
            sys.stdout.write(f"  {(full - idle) * 1024 / steps:.2f} KB a step, {more * 1024 / steps:.2f} KB the next\n")
        await delete(cluster)
        cpu = (operator.process.cpu() - began) / steps / (2 if number == 1 else 1)
        empty = say(f"{number}: deleted")
        sys.stdout.write(f"  {empty / idle:.3f} x idle; {1000 * cpu:.2f} ms of processor time a step\n")


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.footprint", description=__doc__)
    parser.add_argument("--cycles", type=int, default=3)
    asyncio.run(measure(parser.parse_args().cycles))


if __name__ == "__main__":
    main()
