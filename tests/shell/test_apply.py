"""Which statuses of a Pipeline are written at once, and what its end waits for."""

from penstock.engine.apply import mere_progress
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import drive, phase, pipeline

RUNNING = {"phase": "Running", "counts": {"Running": 2}, "conditions": [{"type": "Finished", "status": "False"}]}


def test_how_far_it_got_and_what_was_used_can_wait_for_a_moment() -> None:
    used = [{"resource": "nvidia.com/gpu", "reservedSeconds": 1, "busySeconds": 1, "lostSeconds": 0}]
    assert mere_progress(RUNNING, {**RUNNING, "counts": {"Running": 1, "Succeeded": 1}, "usage": used})


def test_a_phase_or_a_condition_cannot() -> None:
    assert not mere_progress(RUNNING, {**RUNNING, "phase": "Succeeded"})
    assert not mere_progress(RUNNING, {**RUNNING, "conditions": [{"type": "Finished", "status": "True"}]})


async def test_an_edit_that_leaves_no_step_takes_those_away_that_there_were(cluster: FakeCluster) -> None:
    none = {"vars": [{"name": "x", "range": {"start": 0, "stop": 0}}]}
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        cluster.apply(pipeline(steps=[{"name": "many", "forEach": none}], outputs=[]))
        await drive(cluster)
        assert phase(cluster) == "Succeeded"
        assert list(cluster.all("steps")) == []
        assert list(cluster.all("jobs")) == []
