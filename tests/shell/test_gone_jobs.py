"""Jobs that leave their watch, deleted or without their label: no attempt runs twice or beside another."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from penstock.core import labels
from penstock.core.seen.views import StepView
from penstock.engine.client import Refused
from penstock.engine.confirm import JOB_NAME, Confirm
from penstock.engine.store import Key, Store
from penstock.shell.client import HttpClient
from penstock.shell.process import Operator
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, now
from tests.shell.test_loop import drive, jobs, phase, pipeline

ONE = pipeline(steps=[{"name": "only", "undo": {"image": "i"}}], outputs=[])


def starts(cluster: FakeCluster, job: Object | None = None) -> Object:
    """The pod of a Job, or of the only one that has none, comes to run."""
    if job is None:
        (job,) = cluster.pending()
    meta = job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
    name = f"{meta['name']}-x"
    marks = {**job["spec"]["template"]["metadata"]["labels"], JOB_NAME: meta["name"]}
    running: Object = {"name": "step", "state": {"running": {"startedAt": now()}}}
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": marks, "ownerReferences": [owner]},
        "spec": {"nodeName": "node"},
        "status": {"phase": "Running", "containerStatuses": [running]},
    }
    return cluster.create("pods", meta["namespace"], pod)


def succeeds(cluster: FakeCluster, pod: Object) -> None:
    ended = {"exitCode": 0, "startedAt": now(), "finishedAt": now(), "message": json.dumps({})}
    containers = [{"name": "step", "state": {"terminated": ended}}]
    cluster.update("pods", {**pod, "status": {"phase": "Succeeded", "containerStatuses": containers}})


def delete(cluster: FakeCluster, job: str) -> None:
    """`kubectl delete job`: it is gone at once, and its pods end in their own time."""
    obj = cluster.objects.pop(("jobs", "ns", job))
    obj["metadata"]["resourceVersion"] = str(next(cluster.versions))
    cluster.tell("jobs", "DELETED", obj)


def attempts(cluster: FakeCluster) -> list[Any]:
    record = cluster.get("steps", "p.only")["status"].get("attempts") or ()
    return [(one["number"], one.get("reason")) for one in record]


async def at_rest(operator: Operator) -> None:
    """Waits until no pass is under way or about to begin; alarms may be set."""
    quiet = 0

    def holds() -> bool:
        nonlocal quiet
        quiet = 0 if any(turn.running for turn in operator.loop._turns.values()) else quiet + 1
        return quiet > 40

    await until(holds)


def told(cluster: FakeCluster, what: str = "phase") -> str:
    found: str = (cluster.get("steps", "p.only").get("status") or {}).get(what, "")
    return found


@pytest.mark.parametrize("brief", [0.0, 3600.0], ids=["told", "early"])
async def test_one_that_is_deleted_is_lost_once_its_pod_is_gone(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, brief: float
) -> None:
    monkeypatch.setattr("penstock.core.step.decide.BRIEF", brief)
    async with running(cluster) as operator:
        cluster.apply(ONE)
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        pod = starts(cluster)
        await until(lambda: len(operator.store.pods) == 1 and (brief or told(cluster) == "Running"))
        delete(cluster, job["metadata"]["name"])
        await until(lambda: len(operator.store.jobs) == 0)
        await at_rest(operator)
        if not brief:
            words = "was deleted; its pods have not ended yet"
            await until(lambda: words in cluster.get("steps", "p.only")["status"].get("message", ""))
        assert len(jobs(cluster)) == 1, "nothing starts beside the pod that still runs"
        cluster.delete("pods", "ns", pod["metadata"]["name"])
        await until(lambda: len(jobs(cluster)) == 2)
        assert len(set(jobs(cluster))) == 2, "it is another attempt, not the same one again"
        await drive(cluster)
    assert attempts(cluster) == [(1, "Lost"), (2, None)]


async def test_so_is_one_that_was_deleted_while_nobody_looked(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(ONE)
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        pod = starts(cluster)
        await until(lambda: told(cluster) == "Running")
    delete(cluster, job["metadata"]["name"])
    async with running(cluster) as operator:
        await until(lambda: len(operator.store.pods) == 1)
        words = "was deleted; its pods have not ended yet"
        await until(lambda: words in told(cluster, "message") or len(jobs(cluster)) > 1)
        assert len(jobs(cluster)) == 1, "nothing starts beside the pod that still runs"
        cluster.delete("pods", "ns", pod["metadata"]["name"])
        await until(lambda: len(jobs(cluster)) == 2)
        await drive(cluster)
        assert not operator.store.away
    assert attempts(cluster) == [(1, "Lost"), (2, None)]


async def test_a_read_that_fails_is_tried_again_and_is_no_fault_of_the_program(cluster: FakeCluster) -> None:
    """An API server may answer with an error to any question, one that a snapshot needs too."""
    left = [403] * 3

    def fault(verb: str, path: str) -> int | None:
        return left.pop() if left and verb == "GET" and "/jobs/" in path else None

    cluster.faults.append(fault)
    with capture_logs() as logs:
        async with running(cluster) as operator:
            cluster.apply(ONE)
            await until(lambda: list(cluster.pending()))
            (job,) = cluster.pending()
            pod = starts(cluster)
            await until(lambda: len(operator.store.pods) == 1)
            cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, None)
            await until(lambda: not left)
            succeeds(cluster, pod)
            await until(lambda: phase(cluster) == "Succeeded")
    assert any(line["event"] == "it is tried again" for line in logs)
    assert [line for line in logs if line.get("exc_info")] == []


async def test_one_whose_label_is_taken_off_runs_on(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.core.step.decide.BRIEF", 0.0)
    async with running(cluster) as operator:
        cluster.apply(ONE)
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        pod = starts(cluster)
        await until(lambda: told(cluster) == "Running")
        cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, None)
        await until(lambda: len(operator.store.jobs) == 0)
        await at_rest(operator)
        assert len(jobs(cluster)) == 1
    async with running(cluster) as operator:  # it is not listed, but on record
        await at_rest(operator)
        assert len(jobs(cluster)) == 1
        succeeds(cluster, pod)
        await until(lambda: phase(cluster) == "Succeeded")
    assert attempts(cluster) == [(1, None)]


async def test_one_without_its_label_that_counts_no_more_is_seen_to_its_end(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.core.step.decide.BRIEF", 0.0)
    async with running(cluster) as operator:
        cluster.apply(ONE)
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        starts(cluster)
        await until(lambda: told(cluster) == "Running")
        cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, None)
        await until(lambda: len(operator.store.jobs) == 0)
        await at_rest(operator)
        cluster.apply(pipeline(steps=[{"name": "only", "script": "other"}], outputs=[]))
        await until(lambda: len(set(jobs(cluster))) == 2)
        await drive(cluster)


async def test_one_without_its_label_is_asked_for_until_it_has_ended(cluster: FakeCluster) -> None:
    async def look(operator: Operator) -> int:
        operator.loop.wake(Key("ns", "p"))
        await at_rest(operator)
        return cluster.requests["GET", "jobs"]

    steps = [{"name": "only"}, {"name": "next", "needs": ["only"]}]
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=steps, outputs=[]))
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        pod = starts(cluster)
        await until(lambda: len(operator.store.pods) == 1)
        cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, None)
        await until(lambda: len(operator.store.jobs) == 0)
        succeeds(cluster, pod)
        await until(lambda: len(jobs(cluster)) == 2)
        cluster.conclude()
        before = await look(operator)
        assert await look(operator) == before
        assert operator.store.away
        cluster.delete("pods", "ns", pod["metadata"]["name"])
        await until(lambda: not operator.store.away)


async def test_a_pod_that_was_left_without_its_job_is_nobodys(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(ONE)
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        starts(cluster)
        await until(lambda: len(operator.store.pods) == 1)
        cluster.orphan("jobs", job["metadata"]["name"])
        await until(lambda: len(set(jobs(cluster))) == 2)


async def test_so_it_is_with_the_job_of_an_undo(cluster: FakeCluster) -> None:
    retry = {"retry": {"limit": 0}}
    steps = [{"name": "only", "undo": {"image": "i", **retry}}, {"name": "bad", "needs": ["only"], **retry}]
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=steps, outputs=[], onFailure="Undo"))
        for code in (0, 1):
            await until(lambda: list(cluster.pending()))
            cluster.work(code=code)
            cluster.conclude()
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        assert job["metadata"]["annotations"][labels.PURPOSE] == "undo"
        pod = starts(cluster)
        await until(lambda: len(operator.store.pods) == 3)
        before = len(jobs(cluster))
        delete(cluster, job["metadata"]["name"])
        await until(lambda: job["metadata"]["uid"] in operator.store.away)
        await at_rest(operator)
        assert len(jobs(cluster)) == before
        cluster.delete("pods", "ns", pod["metadata"]["name"])
        await until(lambda: len(jobs(cluster)) > before)
        cluster.work()
        await until(lambda: phase(cluster) == "Failed")
    undo = cluster.get("steps", "p.only")["status"]["undo"]
    assert [(one["number"], one.get("reason")) for one in undo["attempts"]] == [(1, "Lost"), (2, None)]
    assert undo["phase"] == "Succeeded"


async def test_an_undo_of_long_ago_asks_for_no_pods(cluster: FakeCluster) -> None:
    async def look(operator: Operator) -> int:
        operator.loop.wake(Key("ns", "p"))
        await at_rest(operator)
        return cluster.requests["GET", "pods"]

    retry = {"retry": {"limit": 0}}
    steps = [{"name": "only", "undo": {"image": "i", **retry}}, {"name": "bad", "needs": ["only"], **retry}]
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=steps, outputs=[], onFailure="Undo"))
        for code in (0, 1, 0):
            await until(lambda: list(cluster.pending()))
            cluster.work(code=code)
            cluster.conclude()
        await until(lambda: phase(cluster) == "Failed")
        cluster.apply(pipeline(steps=[steps[0], {**steps[1], "script": "other"}], outputs=[], onFailure="Undo"))
        await until(lambda: list(cluster.pending()))
        for job in cluster.all("jobs"):
            if job["metadata"]["annotations"].get(labels.PURPOSE) == "undo":
                cluster.delete("jobs", "ns", job["metadata"]["name"])
        await look(operator)
        before = await look(operator)
        assert await look(operator) == before


async def test_why_an_attempt_ended_is_on_record_before_its_job_goes(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=[{"name": "only", "startTimeout": "1h"}], outputs=[]))
        await until(lambda: list(cluster.pending()))
        await at_rest(operator)
        conflicts = [409]

        def fault(verb: str, path: str) -> int | None:
            return conflicts.pop() if conflicts and verb == "PUT" and path.endswith("/steps/p.only/status") else None

        cluster.faults.append(fault)
        cluster.apply(pipeline(steps=[{"name": "only", "startTimeout": "0s"}], outputs=[]))
        await until(lambda: phase(cluster) == "Failed")
    assert attempts(cluster) == [(1, "StartFailed")]


async def test_many_that_were_deleted_at_once_are_read_at_once() -> None:
    count, asked, all_asked = 8, 0, asyncio.Event()

    class Server:
        """Answers nobody before all have asked."""

        async def get(self, _resource: object, _namespace: str, name: str) -> Object:
            nonlocal asked
            asked += 1
            if asked == count:
                all_asked.set()
            await all_asked.wait()
            raise Refused(404, "NotFound", f"jobs {name!r} not found")

        async def pages(self, *_: object) -> AsyncIterator[tuple[int, list[Object]]]:
            yield 1, []

    status = {"phase": "Running", "attempts": [{"number": 1, "job": "j"}]}
    steps = [
        StepView(f"u{n}", f"p.s{n}", "ns", "1", 1, "p", "u-p", f"s{n}", f"s{n}", 0.0, {}, "", "f", 1, "", status)
        for n in range(count)
    ]
    async with asyncio.timeout(10):
        await Confirm(cast("HttpClient", Server()), Store()).jobs(steps)
    assert asked == count
