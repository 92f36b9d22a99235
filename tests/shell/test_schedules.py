"""PipelineSchedules and ttlAfterFinished with the whole operator, against an API server in memory."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.core.clock import instant
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object

MISSED = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
"""A tick that an operator would have seen if it had been there; the next one is a day later."""
NAME = f"night-{int(MISSED.timestamp()) // 60}"


def schedule(**spec: Any) -> Object:
    template = {
        "spec": {
            "params": [{"name": "scheduledTime", "type": "String", "value": ""}],
            "steps": [{"name": "one", "image": "i", "script": "true"}],
        }
    }
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PipelineSchedule",
        "metadata": {"name": "night"},
        "spec": {"schedule": f"{MISSED:%M %H} * * *", "pipelineTemplate": template, **spec},
    }


def apply(cluster: FakeCluster, made: Object) -> None:
    """As if it had been applied two hours ago."""
    obj = cluster.apply(made)
    created = (MISSED - timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.update("pipelineschedules", {**obj, "metadata": {**obj["metadata"], "creationTimestamp": created}})


def status(cluster: FakeCluster) -> Object:
    return cluster.get("pipelineschedules", "night").get("status") or {}


def created(cluster: FakeCluster) -> list[str]:
    return [name.removeprefix("pipelines/") for name in cluster.created if name.startswith("pipelines/")]


def reasons(cluster: FakeCluster) -> list[str]:
    return [event["reason"] for event in cluster.all("events") if event["regarding"]["kind"] == "PipelineSchedule"]


async def test_a_missed_tick_is_run_once_and_its_pipeline_runs(cluster: FakeCluster) -> None:
    apply(cluster, schedule())
    async with running(cluster):
        await until(lambda: created(cluster))
        await until(lambda: not cluster.work() and status(cluster).get("active") == 0)
        await until(lambda: reasons(cluster))
    async with running(cluster):
        await asyncio.sleep(0.2)
    assert created(cluster) == [NAME]
    pipeline = cluster.get("pipelines", NAME)
    assert pipeline["spec"]["params"][0]["value"] == f"{MISSED:%Y-%m-%dT%H:%M:%SZ}"
    assert pipeline["status"]["phase"] == "Succeeded"
    found = status(cluster)
    assert found["lastScheduleTime"] == f"{MISSED:%Y-%m-%dT%H:%M:%SZ}"
    assert found["nextScheduleTime"] == f"{MISSED + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert reasons(cluster) == ["PipelineCreated"]


async def test_a_backfill_goes_on_after_every_kill(cluster: FakeCluster) -> None:
    begin, end = MISSED - timedelta(days=5), MISSED - timedelta(hours=1)
    backfill = {"from": begin.isoformat(), "to": end.isoformat(), "parallelism": 2}
    apply(cluster, schedule(backfill=backfill, startingDeadlineSeconds=0, successfulPipelinesHistoryLimit=0))
    for number in range(10):
        async with running(cluster):
            for _ in range(number % 4):
                await asyncio.sleep(0.01)
        cluster.work()
    async with running(cluster):
        await until(lambda: not cluster.work() and status(cluster).get("backfill", {}).get("completionTime"))
        await until(lambda: not cluster.all("pipelines"))
    assert Counter(created(cluster)) == Counter(
        f"night-{int((begin + timedelta(days=day)).timestamp()) // 60}" for day in range(5)
    )
    found = status(cluster)["backfill"]
    assert (found["ticks"], found["passed"]) == (5, 5)


async def test_an_invalid_template_and_its_repair(cluster: FakeCluster) -> None:
    made = schedule()
    made["spec"]["pipelineTemplate"]["spec"]["steps"][0] = {"name": "one", "component": {"name": "work"}}
    apply(cluster, made)
    async with running(cluster):
        await until(lambda: status(cluster).get("conditions"))
        (condition,) = status(cluster)["conditions"]
        assert (condition["type"], condition["status"]) == ("Accepted", "False")
        assert "there is no Component 'work'" in condition["message"]
        assert created(cluster) == []
        component = {"apiVersion": made["apiVersion"], "kind": "Component", "metadata": {"name": "work"}}
        cluster.apply({**component, "spec": {"image": "i", "script": "true"}})
        await until(lambda: created(cluster) == [NAME])


async def test_a_refused_pipeline_is_told_once_and_tried_again(cluster: FakeCluster) -> None:
    refused = 0

    def quota(verb: str, path: str) -> int | None:
        nonlocal refused
        if verb == "POST" and path.endswith("/pipelines") and refused < 2:
            refused += 1
            return 403
        return None

    cluster.faults.append(quota)
    apply(cluster, schedule())
    async with running(cluster):
        await until(lambda: created(cluster) == [NAME])
        await until(lambda: len(reasons(cluster)) == 2)
    assert reasons(cluster) == ["CreateFailed", "PipelineCreated"]


async def test_a_pipeline_is_deleted_some_time_after_its_end(cluster: FakeCluster) -> None:
    spec = {"ttlAfterFinished": "2s", "steps": [{"name": "one", "image": "i", "script": "true"}]}
    async with running(cluster):
        cluster.apply(
            {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}
        )
        await until(lambda: cluster.work())
        await until(lambda: cluster.get("pipelines", "p")["status"].get("completionTime"))
        ended = cluster.get("pipelines", "p")["status"]["completionTime"]
        await until(lambda: not cluster.all("pipelines"))
        assert time.time() >= (instant(ended) or 0.0) + 2
    assert not cluster.all("steps")
