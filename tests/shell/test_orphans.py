"""Steps that `kubectl delete --cascade=orphan` left behind."""

import asyncio

from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import NAMES, drive, jobs, pipeline


async def test_what_an_orphaning_deletion_leaves_is_not_run_and_takes_the_names(cluster: FakeCluster) -> None:
    def said() -> bool:
        return (cluster.get("pipelines", "p").get("status") or {}).get("reason") == "NameConflict"

    async with running(cluster):
        cluster.apply(pipeline())
        await drive(cluster)
        cluster.orphan("pipelines", "p")
        await asyncio.sleep(0.2)
        cluster.apply(pipeline())
        await until(said)
    async with running(cluster):  # a restart changes nothing about that
        assert said()
        await asyncio.sleep(0.2)
        assert said()
        assert len(jobs(cluster)) == 3
        message = cluster.get("pipelines", "p")["status"]["message"]
        assert "p.first (and 2 more)" in message
        for name in NAMES:  # as the words of the message say
            cluster.delete("steps", "ns", f"p.{name}")
        await drive(cluster)
    assert len(jobs(cluster)) == 6
