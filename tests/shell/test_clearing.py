"""A quota that counts Jobs, ended ones too, holds nobody up: ended Jobs make room once their outcome is on record."""

import time

import pytest

from penstock.engine import clearing
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.unit.builders import pipeline, step

WIDE = pipeline(step("wide", each={"n": range(6)}, inputs={"n": "each:n"}, outputs={"n": "Integer"}))


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "LOOK_SECONDS", 0.05)


def phase(cluster: FakeCluster, name: str = "p") -> str:
    found: str = (cluster.get("pipelines", name).get("status") or {}).get("phase", "")
    return found


async def test_a_fan_out_is_not_blocked_by_its_own_ended_jobs(cluster: FakeCluster) -> None:
    cluster.most["jobs"] = 2
    most = 0

    def over() -> bool:
        nonlocal most
        cluster.work(lambda job: '{"n": 1}')
        cluster.conclude()
        most = max(most, len(cluster.all("jobs")))
        return phase(cluster) == "Succeeded"

    async with running(cluster):
        cluster.apply(WIDE)
        await until(over)
    assert most == 2
    assert len([name for name in cluster.created if name.startswith("jobs/")]) == 6
    assert {one["status"]["outputs"]["n"] for one in cluster.all("steps")} == {1}


async def test_jobs_of_a_pipeline_that_has_ended_make_room_for_another(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline(step("a"), step("b"), name="before"))
        await until(lambda: cluster.work() + 1 and phase(cluster, "before") == "Succeeded")
        cluster.conclude()
        cluster.most["jobs"] = 2
        cluster.apply(pipeline(step("a")))
        await until(lambda: cluster.work() + 1 and phase(cluster) == "Succeeded")
    assert len(cluster.all("jobs")) == 2, "no more went than was needed"


async def test_nothing_goes_where_nothing_waits(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(step("a"), step("b")))
        await until(lambda: cluster.work() + 1 and phase(cluster) == "Succeeded")
        cluster.conclude()
        await operator.clearing.look(0.0)
    assert len(cluster.all("jobs")) == 2
    assert cluster.requests["DELETE", "jobs"] == 0


async def test_an_undo_is_not_blocked_by_ended_jobs(cluster: FakeCluster) -> None:
    def over() -> bool:
        cluster.work(code=int(any("-b-" in job["metadata"]["name"] for job in cluster.pending())))
        cluster.conclude()
        return phase(cluster) == "Failed"

    cluster.most["jobs"] = 2
    async with running(cluster):
        made = (step("a", undo={"script": "un"}), step("b", needs=["a"]))
        cluster.apply(pipeline(*made, onFailure="Undo"))
        await until(over)
    assert cluster.get("steps", "p.a")["status"]["undo"]["phase"] == "Succeeded"


async def test_nothing_goes_for_what_nobody_asks_for_any_more(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "LOOK_SECONDS", 3600.0)  # from the first look on: one may be about to come
    async with running(cluster) as operator:
        cluster.apply(pipeline(step("a"), step("b"), name="before"))
        await until(lambda: cluster.work() + 1 and phase(cluster, "before") == "Succeeded")
        cluster.most["jobs"] = 2
        cluster.apply(pipeline(step("a")))
        await until(lambda: any(one.get("status", {}).get("reason") == "QuotaExceeded" for one in cluster.all("steps")))
        cluster.apply(pipeline(step("a"), suspend=True))
        await until(lambda: phase(cluster) == "Suspended")
        cluster.conclude()
        await until(lambda: all(job.finished for job in operator.store.jobs))
        await operator.clearing.look(time.time() + 600.0)
        assert cluster.requests["DELETE", "jobs"] == 0
