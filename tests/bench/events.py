"""What an event costs: ``python -m tests.bench.events [--events N]``.

A Step's event of 4 KB, on its way from the socket to the store, by the two ways there are: through an `on.event`
handler of kopf's, and by the operator's own watch. And what memory it takes: the operator imported, and with 10,000
Steps known.
The server is a process of its own; what is counted is the processor time of the one that reads.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from aiohttp import web

from penstock.shell.unused import leave_out

STEPS = 10_000
PATH = "/apis/penstock.dev/v1alpha1/steps"


def event(number: int, version: int) -> bytes:
    """A line of a watch: a running Step with 4 KB of JSON, a third of it managedFields, as the API server has them."""
    name, uid = f"wide.work.{number}", f"{number:08d}-1111-4222-8333-444444444444"
    spec = {
        "fingerprint": f"{number:064x}",
        "image": "registry.example/images/work:1.2.3",
        "command": ["python", "-m", "work"],
        "args": ["--item", str(number)],
        "env": [{"name": f"VARIABLE_{i}", "value": f"value {i} of {number}"} for i in range(16)],
        "inputs": {"item": number, "rate": 0.5, "name": "x" * 40},
        "outputs": [{"name": "score", "type": "Number"}, {"name": "model", "type": "Artifact"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }
    attempt = {"run": 1, "number": 1, "job": f"{name}-1-1", "startTime": "2026-11-30T08:00:00Z", "phase": "Running"}
    condition = {
        "status": "True",
        "reason": "Accepted",
        "message": "m" * 40,
        "lastTransitionTime": "2026-11-30T08:00:00Z",
    }
    status = {
        "phase": "Running",
        "run": 1,
        "attempts": [attempt],
        "outputs": {"score": version},
        "conditions": [{"type": kind, **condition} for kind in ("Ready", "Admitted")],
    }
    written = {"operation": "Update", "apiVersion": "penstock.dev/v1alpha1", "time": "2026-11-30T08:00:00Z"}
    metadata = {
        "name": name,
        "namespace": "bench",
        "uid": uid,
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": "2026-11-30T07:59:00Z",
        "labels": {"app.kubernetes.io/managed-by": "penstock", "penstock.dev/step": "work"},
        "ownerReferences": [{"kind": "Pipeline", "name": "wide", "uid": "aaaaaaaa-bbbb", "controller": True}],
        "managedFields": [
            {"manager": "penstock-operator", **written, "fieldsV1": {"f:spec": _fields(spec)}},
            {"manager": "penstock-operator", **written, "fieldsV1": {"f:status": _fields(status)}},
        ],
    }
    told = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Step", "metadata": metadata, "spec": spec, "status": status}
    return json.dumps({"type": "MODIFIED", "object": told}, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _fields(value: object) -> object:
    if isinstance(value, dict):
        return {".": {}, **{f"f:{key}": _fields(one) for key, one in value.items()}}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {
            f'k:{{"name":"{number}"}}': {".": {}, **{f"f:{key}": {} for key in one}} for number, one in enumerate(value)
        }
    return {}


def serve(port: int, events: int) -> None:
    """An API server that has no Steps, and tells of so many events of them."""
    told = b"".join(event(number % STEPS, 1000 + number) for number in range(events))
    listed = {"kind": "List", "metadata": {"resourceVersion": "999"}, "items": []}
    version = {"groupVersion": "penstock.dev/v1alpha1", "version": "v1alpha1"}
    kind = {"name": "steps", "singularName": "step", "kind": "Step", "namespaced": True, "verbs": ["list", "watch"]}
    namespaces = {"name": "namespaces", "singularName": "namespace", "kind": "Namespace", "namespaced": False}
    answers: Mapping[str, object] = {
        "/api": {"versions": ["v1"]},
        "/api/v1": {"resources": [namespaces]},
        "/apis": {"groups": [{"name": "penstock.dev", "versions": [version], "preferredVersion": version}]},
        "/apis/penstock.dev/v1alpha1": {"resources": [kind]},
        PATH: listed,
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return web.json_response(answers[request.path])
        response = web.StreamResponse()
        await response.prepare(request)
        for begin in range(0, len(told), 65536):
            await response.write(told[begin : begin + 65536])
        await asyncio.Event().wait()
        return response

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", answer)])
    web.run_app(app, host="127.0.0.1", port=port, print=None, handle_signals=False)


def memory() -> float:
    """Resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def by_kopf(url: str, take: Callable[[Mapping[str, Any]], None], over: asyncio.Event) -> None:
    """As the documentation of kopf shows it."""
    import kopf

    registry, settings = kopf.OperatorRegistry(), kopf.OperatorSettings()
    settings.posting.enabled, settings.scanning.disabled = False, True

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        return kopf.ConnectionInfo(server=url)

    @kopf.on.event("penstock.dev", "v1alpha1", "steps", registry=registry)
    async def seen(event: kopf.RawEvent, **_: Any) -> None:
        take(event)

    await kopf.operator(registry=registry, settings=settings, standalone=True, clusterwide=True, stop_flag=over)


async def by_watch(url: str, take: Callable[[Mapping[str, Any]], None], over: asyncio.Event) -> None:
    """As the operator does it."""
    from penstock.engine import resources, watching
    from penstock.shell.client import HttpClient

    class Taker:
        async def list(self) -> int:
            return 999

        def take(self, event: Mapping[str, Any]) -> None:
            take(event)

        def denied(self, error: Exception) -> None: ...

    client = HttpClient(url, "bench", 4)
    task = asyncio.create_task(watching.Watch(client, resources.STEPS, None, Taker()).run())
    await over.wait()
    task.cancel()
    await client.close()


def measure(way: Callable[..., Awaitable[None]], url: str, events: int) -> None:
    """Prints what the events cost, and what memory the operator and the Steps take."""
    leave_out()
    import_module("penstock.shell.starting")  # all that a running operator has imported
    from penstock.engine.resources import STEPS as KIND
    from penstock.engine.store import Store

    gc.collect()
    gc.freeze()
    imported, store, left = memory(), Store(), events

    async def follow() -> float:
        nonlocal left
        over, began = asyncio.Event(), 0.0

        def take(event: Mapping[str, Any]) -> None:
            nonlocal left, began
            began = began or time.process_time()
            store.put(KIND, event["object"])
            left -= 1
            if not left:
                took.append(time.process_time() - began)
                over.set()

        took: list[float] = []
        await way(url, take, over)
        return took[0]

    took = asyncio.run(follow())
    gc.collect()
    known = len(store.steps)
    sys.stdout.write(
        f"{way.__name__}: {took / events * 1e6:.0f} us of processor time an event of {len(event(7, 1000)):,} bytes;"
        f" {imported:.1f} MB imported, {memory():.1f} MB with {known:,} Steps\n"
    )


def main() -> None:
    """Measures both ways, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    events = parser.parse_args().events
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    anew = multiprocessing.get_context("spawn")
    server = anew.Process(target=serve, args=(port, events), daemon=True)
    server.start()
    for way in (by_kopf, by_watch):
        reader = anew.Process(target=measure, args=(way, f"http://127.0.0.1:{port}", events))
        reader.start()
        reader.join()
    server.terminate()


if __name__ == "__main__":
    main()
