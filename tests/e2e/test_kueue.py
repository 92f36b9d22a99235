"""Kueue, played by the test: it admits Jobs by letting them run, and preempts them by suspending them again."""

from __future__ import annotations

import time

import pytest

from tests.e2e.expectations import most
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Object, Space, condition

QUEUE = "kueue.x-k8s.io/queue-name"
OUTPUTS = [{"name": "n", "type": "Integer"}]
OBEDIENT = """
trap 'sleep 2; exit 0' TERM
sleep 6 & wait $!
printf '{"n": 1}' > "$PENSTOCK_OUTPUTS"
"""
"""Ends well when it is told to end, without a result, and takes its time for it."""
IN_QUEUE, TIMEOUT = 23, 45


def suspend(space: Space, job: Object, on: bool) -> None:
    patch = f'{{"spec": {{"suspend": {str(on).lower()}}}}}'
    space.run("patch", f"job/{job['metadata']['name']}", "--type=merge", "--patch", patch)


def queued(space: Space) -> Object:
    """Wait until the step is in Kueue's queue; its status."""
    space.wait("step/handed.work", "jsonpath={.status.reason}=QueuedByKueue")
    status = space.step("handed", "work")
    assert status["phase"] == "Queued"
    assert not {"failures", "disruptions", "completionTime"} & status.keys()
    return status


@pytest.mark.long
def test_what_kueue_holds_waits_and_what_it_preempts_has_not_failed(space: Space) -> None:
    """It is in the queue for longer than the Pipeline may take."""
    with space.watching("pods") as pods:
        spec = {"queueName": "team", "timeout": f"{TIMEOUT}s"}
        space.apply(pipeline("handed", step("work", OBEDIENT, outputs=OUTPUTS, timeout="10s"), **spec))
        queued(space)
        (job,) = space.jobs()
        assert job["metadata"]["labels"][QUEUE] == "team"
        assert job["spec"]["suspend"] is True
        time.sleep(IN_QUEUE)
        assert not space.all("pods")
        suspend(space, job, False)
        space.running("handed", "work")
        suspend(space, job, True)
        assert "end" not in queued(space)["attempts"][0]
        assert condition(space.one("pipeline/handed"), "Suspended") == "True"
        suspend(space, job, False)  # at once, while the pod is still ending
        space.running("handed", "work")
        suspend(space, job, True)
        queued(space)
        space.run("wait", "pods", "--all", "--for=delete", "--timeout=60s")
        time.sleep(IN_QUEUE)
        suspend(space, job, False)
        done = space.finish("pipeline/handed")["status"]
    assert done["phase"] == "Succeeded"
    assert done["suspendedSeconds"] >= 2 * IN_QUEUE
    status = space.step("handed", "work")
    assert status["outputs"] == {"n": 1}
    assert not {"failures", "disruptions"} & status.keys()
    assert space.attempts() == ["work/#1"]
    assert len({pod["metadata"]["uid"] for pod in pods}) == 3
    assert most(pods) == 1
