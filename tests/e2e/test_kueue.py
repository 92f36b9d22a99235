"""Kueue, played by the test: it admits Jobs by letting them run, and preempts them by suspending them again."""

from __future__ import annotations

import time

import pytest

from tests.e2e.expectations import most
from tests.e2e.gates import Gate
from tests.e2e.manifests import emit, pipeline, step
from tests.e2e.space import LATEST, Object, Space, condition

QUEUE = "kueue.x-k8s.io/queue-name"
OUTPUTS = [{"name": "n", "type": "Integer"}]
RESULT = emit('{"n": 1}')
IN_QUEUE = 65
"""Seconds in the queue, each of the two times."""
STEP_TIMEOUT, TIMEOUT = 60, 120
"""Shorter than the time in the queue, once and in all; much longer than the containers run."""


def obedient(gate: Gate) -> str:
    """Ends well when it is told to end, without a result, and takes its time for it."""
    return f"{gate.held.replace('exit 1', 'sleep 2; exit 0')} && {RESULT}"


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
def test_what_kueue_holds_waits_and_what_it_preempts_has_not_failed(space: Space, gate: Gate) -> None:
    """It is in the queue for longer than the Pipeline may take."""
    with space.watching("pods") as pods:
        spec = {"queueName": "team", "timeout": f"{TIMEOUT}s"}
        work = step("work", obedient(gate), outputs=OUTPUTS, timeout=f"{STEP_TIMEOUT}s")
        space.apply(pipeline("handed", work, **spec))
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
        space.run("wait", "pods", "--all", "--for=delete", LATEST)
        time.sleep(IN_QUEUE)
        gate.open()
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
