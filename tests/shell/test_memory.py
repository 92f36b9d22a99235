"""Whatever came and went, all that the operator holds is what it held before."""

from collections.abc import Collection, Iterator
from contextlib import suppress

import pytest

from penstock.engine import graphs
from penstock.shell.process import Operator
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, now
from tests.shell.test_graphs import component, using
from tests.shell.test_loop import add_one, phase, pipeline

BOUNDED = ("_gone", "_memo")
"""What may stay, up to a number: tombstones, and what shapes were found to fit."""
OURS = ("pipelines", "steps", "components", "pipelineschedules")


def held(value: object, path: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    """Every collection that can be reached by attributes of the operator's parts, and how much is in it."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Collection) and not isinstance(value, str | bytes | tuple | frozenset):
        yield path, len(value)
    if type(value).__module__.startswith("penstock.") and hasattr(value, "__dict__"):
        for name, one in vars(value).items():
            if name not in BOUNDED:
                yield from held(one, f"{path}.{name}", seen)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from held(one, f"{path}[{key}]", seen)


def kept(operator: Operator) -> dict[str, int]:
    """Every collection that is not empty."""
    operator.store.ledger.snapshot()  # sums are made up when they are asked for
    return {path: number for path, number in held(operator, "operator", set()) if number}


def everything() -> Iterator[Object]:
    """Of each kind one, valid and not."""
    head = {"apiVersion": "penstock.dev/v1alpha1"}
    yield pipeline()
    yield pipeline("lost", steps=[{"name": "only"}], outputs=[])
    yield pipeline("large", steps=[{"name": "only", "resources": {"requests": {"cpu": "8"}}}], outputs=[])
    yield using("uses", "c")
    yield using("waits", "missing")
    yield component("c")
    yield {**head, "kind": "Step", "metadata": {"name": "alone"}, "spec": {"image": "i"}}
    template = {"spec": using("x", "missing")["spec"]}
    schedule = {"schedule": "0 0 1 1 *", "pipelineTemplate": template}
    yield {**head, "kind": "PipelineSchedule", "metadata": {"name": "often"}, "spec": schedule}


async def test_what_came_and_went_is_forgotten(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "LINGERING", 0.0)
    async with running(cluster, capacity={"cpu": "4"}, neverFits="Wait") as operator:
        before = kept(operator)
        for _ in range(2):
            for manifest in everything():
                cluster.apply(manifest)
            cluster.create("pipelines", "ns", {**pipeline("unreadable"), "spec": 5})

            def of_lost() -> list[Object]:
                return [job for job in cluster.pending() if "lost" in job["metadata"]["name"]]

            await until(of_lost)  # a Job that is complete, and nobody saw its pod
            condition = {"type": "Complete", "status": "True", "lastTransitionTime": now()}
            cluster.update("jobs", {**of_lost()[0], "status": {"conditions": [condition]}})

            def over() -> bool:
                cluster.work(add_one)
                done = all(phase(cluster, name) == "Succeeded" for name in ("p", "lost", "uses"))
                return done and phase(cluster, "waits") == "Invalid"

            await until(over)
            await until(lambda: any(map(operator.gate.waits, operator.gate._asking)))
            cluster.conclude()
            for plural in OURS:
                for one in cluster.all(plural):
                    if (plural, "ns", one["metadata"]["name"]) in cluster.objects:
                        cluster.delete(plural, "ns", one["metadata"]["name"], quietly="unread" in str(one["metadata"]))
            await operator.lister.compare()
            with suppress(TimeoutError):
                await until(lambda: kept(operator) == before)
            assert kept(operator) == before
