"""What is asked for before an attempt is judged, also about what ends while something else is asked for."""

import asyncio

from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object, now
from tests.shell.test_gone_jobs import starts, succeeds
from tests.shell.test_loop import phase, pipeline


def complete(cluster: FakeCluster, job: Object) -> str:
    """The Job controller says that it is over; returns the version in which it does."""
    done = {"type": "Complete", "status": "True", "lastTransitionTime": now()}
    version: str = cluster.update("jobs", {**job, "status": {"conditions": [done]}})["metadata"]["resourceVersion"]
    return version


async def test_a_job_that_ends_while_the_pods_of_another_are_asked_for_does_not_run_again(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=[{"name": "a"}, {"name": "b"}], outputs=[]))
        await until(lambda: len(list(cluster.pending())) == 2)
        first, second = cluster.all("jobs")
        pods = [starts(cluster, job) for job in (first, second)]
        await until(lambda: all((step.get("status") or {}).get("phase") == "Running" for step in cluster.all("steps")))
        cluster.deaf.add("pods")
        for pod in pods:
            succeeds(cluster, pod)
        cluster.pause, asked = asyncio.Event(), cluster.requests["GET", "pods"]
        complete(cluster, first)
        await until(lambda: cluster.requests["GET", "pods"] > asked)
        version = complete(cluster, second)
        await until(lambda: operator.store.jobs.get(second["metadata"]["uid"]).version == version)
        cluster.pause.set()
        await until(lambda: len(list(cluster.pending())) or phase(cluster) == "Succeeded")
        assert not list(cluster.pending())
