"""Row W4 too: what it costs the operator that 200 people look, on the control plane with simulated nodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer
from tests.bench.page.server import answering, running
from tests.bench.rig import Rig, rig
from tests.bench.rows.chain import LENGTH, hops
from tests.faults.ground import free_ports
from tests.plane.api import ACCOUNTS, PIPELINES, path

VIEWERS, TIMES = 200, 3
VIEWS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def figures() -> list[Figure]:
    """Chains by turns with and without those who look."""
    return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    alone: list[float] = []
    watched: list[float] = []
    async with rig() as bench:
        with bench.running():
            await bench.warm_up()
            people = await _people(bench)
            for number in range(TIMES):
                alone += await _chain(bench, f"alone-{number}", [])
                watched += await _chain(bench, f"watched-{number}", people)
    before, beside = (percentile(one, 0.5) for one in (alone, watched))
    name = f"chain of {LENGTH}, {TIMES} times"
    return [
        Figure("W4", f"{name}: hop p50 while nobody looks", before, "ms"),
        Figure("W4", f"{name}: hop p50 while {VIEWERS} look", beside, "ms"),
        Figure("W4", f"{name}: hop p50 grows to", beside / before, "×", 1.05),
    ]


async def _people(bench: Rig) -> list[str]:
    """Tokens of accounts that may see everything."""
    space = await bench.namespace("people")
    everybody = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": f"system:serviceaccounts:{space}"}
    role = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": "cluster-admin"}
    await bench.api.create(VIEWS, {"metadata": {"name": space}, "roleRef": role, "subjects": [everybody]})

    async def token(name: str) -> str:
        await bench.api.create(path(ACCOUNTS, space), {"metadata": {"name": name}})
        told = await bench.api.create(path(ACCOUNTS, space, name, "token"), {"spec": {"expirationSeconds": 3600}})
        return str(told["status"]["token"])

    return [await token(f"viewer-{number}") for number in range(VIEWERS)]


async def _chain(bench: Rig, name: str, people: list[str]) -> list[float]:
    """Milliseconds of each hop of a chain that begins once all look."""
    steps = workloads.chain(LENGTH)
    space = await bench.namespace(name)
    async with Observer(bench.api, space) as seen:
        await bench.apply(space, workloads.pipeline("chain", steps, suspend=True))
        async with _looked_at(bench, f"{space}/chain", people):
            await bench.api.merge(path(PIPELINES, space, "chain"), {"spec": {"suspend": False}})
            await seen.until("the chain's end", lambda: "chain" in seen.finished, 300)
    return hops(seen, workloads.needs("chain", steps))


@asynccontextmanager
async def _looked_at(bench: Rig, pipeline: str, people: list[str]) -> AsyncIterator[None]:
    if not people:
        yield
        return
    port = free_ports(1)
    web = ("penstock.web", "--address=127.0.0.1", f"--port={port}")
    crowd = ("tests.bench.page.crowd", f"http://127.0.0.1:{port}/", pipeline)
    async with running(*web, KUBECONFIG=str(bench.plane.kubeconfig)):
        await answering(port)
        async with running(*crowd) as one:
            assert one.stdin is not None
            assert one.stdout is not None
            one.stdin.write("\n".join(people).encode())
            one.stdin.close()
            assert await one.stdout.readline() == b"all look\n"
            yield
