"""Pipelines that have ended and are only kept."""

from collections import Counter

from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import drive, jobs, pipeline


async def test_pipelines_that_are_only_kept_cost_nothing_at_a_start(cluster: FakeCluster) -> None:
    names = [f"p{number}" for number in range(10)]
    kept = {"ttlAfterFinished": "1h", "storage": {"claimName": "c"}}
    async with running(cluster):
        for name in names:
            cluster.apply(pipeline(name, **kept))
        await drive(cluster, *names)
        cluster.conclude()
    before = Counter(cluster.requests)
    async with running(cluster) as operator:
        await until(lambda: all(turn.wake_at for turn in operator.loop._turns.values()))
        assert len(operator.loop._turns) == len(names)
        assert len(operator.loop.observer.graphs) == 0
        made = Counter(cluster.requests) - before
        assert {verb for verb, _ in made} == {"GET"}
        assert made["GET", "controllerrevisions"] == 0
        cluster.apply(pipeline("p3", **kept, priority=1))  # and an edit finds them as they were
        await until(lambda: cluster.get("pipelines", "p3")["status"]["observedGeneration"] == 2)
        cluster.delete("steps", "ns", "p4.third")
        await until(lambda: ("steps", "ns", "p4.third") in cluster.objects)
        await drive(cluster, "p4")
    assert len(jobs(cluster)) == 31


async def test_who_rests_is_deleted_in_time_after_a_restart(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline(ttlAfterFinished="3s"))
        await drive(cluster)
        cluster.conclude()
    async with running(cluster):
        await until(lambda: ("pipelines", "ns", "p") not in cluster.objects)
