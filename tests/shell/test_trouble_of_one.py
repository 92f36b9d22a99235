"""Trouble with one object is that object's: its status tells, it has a pause of its own, everything else goes on."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from penstock.engine.client import Refused
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, copied
from tests.shell.test_loop import drive, phase, pipeline


def chain(length: int, *others: Object) -> Object:
    """Steps in a row, and others beside them."""
    row: list[Object] = [{"name": f"s{n}", **({"needs": [f"s{n - 1}"]} if n else {})} for n in range(length)]
    return pipeline(steps=[*others, *row], outputs=[])


def status(cluster: FakeCluster, kind: str, name: str) -> Object:
    """The status of an object."""
    found: Object = cluster.objects.get((kind, "ns", name), {}).get("status") or {}
    return found


def annotate(cluster: FakeCluster, kind: str, name: str, key: str, value: str) -> None:
    """`kubectl annotate`."""
    known = cluster.get(kind, name)
    meta = {**known["metadata"], "annotations": {f"penstock.dev/{key}": value}}
    cluster.update(kind, {**known, "metadata": meta})


class Picky(FakeCluster):
    """An API server whose admission policies refuse some objects, and whose definitions lack a field."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = ""
        self.prunes = ""

    def add(self, plural: str, body: Mapping[str, Any]) -> Object:
        if body["metadata"]["name"] == self.refused:
            raise Refused(403, "Forbidden", "the admission policy says no")
        pruned = copied(body)
        if plural == "steps":
            pruned["spec"].pop(self.prunes, None)
        return super().add(plural, pruned)

    def patch(self, plural: str, namespace: str, name: str, patch: Any) -> Object:
        pruned = copied(patch)
        if plural == "steps" and isinstance(patch, list):
            for operation in pruned:
                if operation["path"] == "/spec":
                    operation["value"].pop(self.prunes, None)
        return super().patch(plural, namespace, name, pruned)


@pytest.fixture
async def picky() -> Any:
    """A cluster that does not take everything."""
    found = Picky()
    await found.start()
    yield found
    await found.stop()


async def test_a_refused_step_is_told_and_the_others_go_on(picky: Picky) -> None:
    picky.refused = "p.bad"
    async with running(picky):
        picky.apply(chain(6, {"name": "bad"}))

        def all_but_one() -> bool:
            picky.work()
            return sum(one.get("status", {}).get("phase") == "Succeeded" for one in picky.all("steps")) == 6

        before = time.monotonic()
        await until(all_but_one)
        tries = picky.requests["POST", "steps"] - 6
        assert tries <= 2 + (time.monotonic() - before), "each try has a longer pause before it"
        await until(lambda: status(picky, "pipelines", "p").get("reason") == "WriteRefused")
        words = "Step p.bad cannot be created: the admission policy says no"
        assert status(picky, "pipelines", "p")["message"] == words
        await until(lambda: any(one["note"] == words for one in picky.all("events")))
        picky.refused = ""
        await drive(picky)
    assert phase(picky) == "Succeeded"
    assert "message" not in status(picky, "pipelines", "p")


async def test_a_field_that_the_cluster_does_not_keep_is_told_and_nothing_spins(
    picky: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    picky.prunes = "startTimeout"
    async with running(picky) as operator:
        passes = 0
        inner = operator.loop._pass

        async def counted(*args: Any) -> Any:
            nonlocal passes
            passes += 1
            return await inner(*args)

        monkeypatch.setattr(operator.loop, "_pass", counted)
        picky.apply(pipeline(steps=[{"name": f"a{n}", "startTimeout": "20m"} for n in range(3)], outputs=[]))
        await until(lambda: len(list(picky.pending())) == 3)
        assert "startTimeout" not in picky.get("steps", "p.a2")["spec"]
        await until(lambda: status(picky, "pipelines", "p").get("reason") == "WriteRefused")
        assert "keeps something else than what was written" in status(picky, "pipelines", "p")["message"]
        before, patches = passes, picky.requests["PATCH", "steps"]
        await asyncio.sleep(3.0)
        assert passes - before <= 25
        assert picky.requests["PATCH", "steps"] - patches <= 9
        await drive(picky)
    assert phase(picky) == "Succeeded", "what the field says is known to the operator all the same"


async def test_a_pipeline_is_deleted_in_time_though_its_steps_are_not_kept_as_written(picky: Picky) -> None:
    picky.prunes = "startTimeout"
    async with running(picky):
        steps: list[Object] = [{"name": "a", "startTimeout": "20m"}]
        picky.apply(pipeline(steps=steps, outputs=[], ttlAfterFinished="1s"))
        await drive(picky)
        await until(lambda: ("pipelines", "ns", "p") not in picky.objects)


async def test_trouble_that_is_over_is_told_no_more(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.engine.loop.SETTLING", 3600.0)  # nothing else has the Pipeline looked at
    bad = True

    def fault(verb: str, path: str) -> int | None:
        return 403 if bad and verb == "PUT" and path.endswith("/steps/p.ask/status") else None

    cluster.faults.append(fault)
    async with running(cluster):
        cluster.apply(pipeline(steps=[{"name": "ask", "approval": {"message": "?"}}, {"name": "a"}], outputs=[]))
        await until(lambda: status(cluster, "pipelines", "p").get("reason") == "WriteRefused")
        bad = False
        await until(lambda: status(cluster, "steps", "p.ask").get("reason") == "WaitingForApproval")
        await until(lambda: "reason" not in status(cluster, "pipelines", "p"))


async def test_what_cannot_be_sent_is_told_and_the_others_go_on(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(cluster) as operator:
        inner = operator.starter.start

        async def start(graph: Any, ready: Any, owner: Any) -> bool:
            if ready.step.name == "p.bad":
                raise TypeError("Integer exceeds 64-bit range")
            return await inner(graph, ready, owner)

        monkeypatch.setattr(operator.starter, "start", start)
        cluster.apply(chain(4, {"name": "bad"}))

        def all_but_one() -> bool:
            cluster.work()
            return sum(one.get("status", {}).get("phase") == "Succeeded" for one in cluster.all("steps")) == 4

        await until(all_but_one)
        await until(lambda: "Integer exceeds 64-bit range" in status(cluster, "pipelines", "p").get("message", ""))


async def test_a_revision_that_is_refused_is_told(cluster: FakeCluster) -> None:
    bad = True

    def fault(verb: str, path: str) -> int | None:
        return 422 if bad and verb == "POST" and path.endswith("/controllerrevisions") else None

    cluster.faults.append(fault)
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await until(lambda: "a fault of this test" in status(cluster, "pipelines", "p").get("message", ""))
        assert status(cluster, "pipelines", "p")["reason"] == "WriteRefused"
        assert "observedGeneration" not in status(cluster, "pipelines", "p"), "it has not been taken up"
        bad = False
        await drive(cluster)
        await until(operator.reporter._queue.empty)
    assert phase(cluster) == "Succeeded"
    assert sum(one["reason"] == "WriteRefused" for one in cluster.all("events")) == 1, "it is said once"


async def test_a_corrected_step_is_tried(cluster: FakeCluster) -> None:
    bad = True
    cluster.faults.append(lambda verb, path: 422 if bad and verb == "POST" and path.endswith("/jobs") else None)
    async with running(cluster):
        cluster.apply(chain(1))
        await until(lambda: phase(cluster) == "Failed")
        bad = False
        cluster.apply(pipeline(steps=[{"name": "s0", "image": "another"}], outputs=[]))
        await until(lambda: status(cluster, "pipelines", "p").get("revision") == 2)
        await until(lambda: (cluster.work(), phase(cluster) == "Succeeded")[1])


async def test_a_pass_that_fails_is_told(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock.engine import observe

    inner, broken = observe.plan, True

    def plan(seen: Any) -> Any:
        if broken and seen.pipeline.name == "p":
            raise RecursionError("too deep")
        return inner(seen)

    monkeypatch.setattr(observe, "plan", plan)
    async with running(cluster):
        cluster.apply(pipeline())
        cluster.apply(pipeline("q"))
        await drive(cluster, "q")
        await until(lambda: "RecursionError: too deep" in status(cluster, "pipelines", "p").get("message", ""))
        broken = False
        await drive(cluster)


async def test_an_approval_counts_once(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline(steps=[{"name": "ask", "approval": {"message": "deploy?"}}], outputs=[]))
        await until(lambda: status(cluster, "steps", "p.ask").get("reason") == "WaitingForApproval")
        annotate(cluster, "steps", "p.ask", "approved-by", "a")
        await until(lambda: phase(cluster) == "Succeeded")
        await until(lambda: not cluster.get("steps", "p.ask")["metadata"].get("annotations"))
        annotate(cluster, "pipelines", "p", "rerun", "x")
        await until(lambda: status(cluster, "pipelines", "p").get("round") == 2)
        await until(lambda: status(cluster, "steps", "p.ask").get("reason") == "WaitingForApproval")


@pytest.mark.parametrize("how", ["cancel", "timeout"])
async def test_an_undo_begins_without_a_nudge(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    done = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-24T00:00:00Z"}
    monkeypatch.setattr("penstock.engine.loop.SETTLING", 0.2)
    wait = {"message": "ok?", **({"timeout": "2s"} if how == "timeout" else {})}
    steps: list[Object] = [{"name": "a", "undo": {"script": "un"}}, {"name": "ask", "approval": wait, "needs": ["a"]}]
    made = pipeline(steps=steps, outputs=[], onFailure="Undo")
    async with running(cluster):
        cluster.apply(made)
        await until(
            lambda: (cluster.work(), status(cluster, "steps", "p.ask").get("reason") == "WaitingForApproval")[1]
        )
        (job,) = cluster.all("jobs")
        cluster.update("jobs", {**job, "status": {"conditions": [done]}})
        await asyncio.sleep(0.5)  # nothing of the cluster is still to come
        if how == "cancel":
            cluster.apply({**made, "spec": {**made["spec"], "cancel": True}})
        await until(lambda: len(cluster.all("jobs")) == 2)
        await until(lambda: (cluster.work(), phase(cluster) in ("Failed", "Cancelled"))[1])
        assert status(cluster, "steps", "p.a")["undo"]["phase"] == "Succeeded"
