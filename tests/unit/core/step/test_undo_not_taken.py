"""Undos whose Jobs are not taken, or wait: they say so, and hold up nothing but themselves."""

from dataclasses import replace

import pytest
from tests.properties.objects import Object
from tests.unit.core.step.test_undo import Saga, kinds, step, undoes
from tests.unit.core.step.test_waiting import short_of_gpus

from penstock.core import labels
from penstock.core.clock import stamp
from penstock.core.pipeline.events import Event, step_event
from penstock.core.pipeline.plan import plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Refusal
from penstock.core.seen.views import UNDO
from penstock.core.step.runs import STARTING_PATIENCE
from penstock.core.waits import PATIENCE


class Refusing(Saga):
    """A cluster that takes no Job, or has room for none, of the steps that are named, for a purpose."""

    def __init__(self, *bad: str, purpose: str = "undo", **unwilling: str) -> None:
        super().__init__(*bad)
        self.purpose, self.unwilling = purpose, unwilling

    def never_fits(self, ready: Ready) -> Refusal | None:
        return self._says(ready, "unfit", "needs 5 cpu, a node has 2")

    def refuses(self, ready: Ready) -> Refusal | None:
        return self._says(ready, "refused", "spec is not valid")

    def _says(self, ready: Ready, kind: str, words: str) -> Refusal | None:
        meant = ready.purpose == self.purpose and self.unwilling.get(ready.node.path) == kind
        return self.refusal(ready, words, hopeless=True) if meant else None


def test_an_undo_whose_job_is_not_taken_fails_and_does_not_hang() -> None:
    saga = Refusing("b", a="refused", b="refused").begin(step("a"), step("b", needs=["a"]))
    assert saga.run()["phase"] == "Failed"
    assert saga.undone == []
    assert saga.outcome == ("False", "the undo of b, a failed; its effect is still there")
    assert "spec is not valid" in saga.step("a")["status"]["undo"]["message"]


def test_an_undo_that_fits_nowhere_any_more_is_loud_and_the_rest_goes_on() -> None:
    saga = Refusing("c", b="unfit").begin(step("a"), step("b", needs=["a"]), step("c", needs=["b"]))
    assert saga.run()["phase"] == "Failed"
    assert saga.paths() == ["c", "a"]
    assert saga.outcome == ("False", "the undo of b failed; its effect is still there")
    assert "needs 5 cpu, a node has 2" in saga.step("b")["status"]["undo"]["message"]
    assert kinds(saga.step("b")) == {"Finished": "True", "Complete": "True", "Undone": "False"}


class Full(Saga):
    """A cluster whose quota has no room for undos, for now."""

    full = True

    def refuses(self, ready: Ready) -> Refusal | None:
        return self.refusal(ready, "exceeded quota: team", quota=True) if self.full and ready.purpose == UNDO else None


def test_an_undo_that_waits_for_a_quota_says_so_until_it_runs() -> None:
    saga = Full("b").begin(step("a"), step("b", needs=["a"]))
    for _ in range(9):
        saga.tick()
    told = {"run": 1, "round": 1}
    waits = {"phase": "Queued", "reason": "QuotaExceeded", "message": "exceeded quota: team"}
    assert saga.step("b")["status"]["undo"] == told | waits
    assert saga.step_is("b", "Failed")
    assert saga.step("b")["status"]["reason"] == "Error"
    assert not saga.plan().step_statuses
    saga.full = False
    while saga.step("b")["status"]["undo"]["phase"] == "Queued":
        saga.now += 1
        saga.reconcile()
        saga.start_pods()
    assert saga.step("b")["status"]["undo"] == told | {"phase": "Running"}
    assert saga.run()["phase"] == "Failed"
    assert (saga.paths(), saga.outcome[0]) == (["b", "a"], "True")
    assert "reason" not in saga.step("b")["status"]["undo"]


def test_an_undo_that_waits_for_room_says_so_once_that_has_lasted() -> None:
    saga = Saga("b").begin(step("a"), step("b", needs=["a"]))
    saga.fail("b")

    def hold_back(seconds: float) -> Object:
        saga.now += seconds
        seen = saga.observe()
        waits = {one.uid: short_of_gpus(saga.now) for one in seen.steps.values()}
        planned = plan(replace(seen, waits=waits))
        for write in saga.writes_of(replace(planned, ready=[])):
            write()
        return dict(saga.step("b")["status"].get("undo") or {})

    assert hold_back(0) == {}
    told = hold_back(PATIENCE + 1)
    assert (told["phase"], told["reason"]) == ("Queued", "WaitingForResources")
    assert "needs 2 nvidia.com/gpu" in told["message"]
    assert hold_back(1) == told
    assert saga.run()["phase"] == "Failed"
    assert saga.outcome[0] == "True"


def undoing() -> Saga:
    """The undo of a step has a Job, and that a pod."""
    saga = Saga("b").begin(step("a"), step("b", needs=["a"]))
    saga.reconcile()
    while not any(map(undoes, saga.of("Job"))):
        saga.start_pods()
        saga.finish()
        saga.now += 1
        saga.reconcile()
    saga.start_pods()
    return saga


def pod_of_undo(saga: Saga) -> Object:
    (job,) = filter(undoes, saga.of("Job"))
    (pod,) = saga.pods_of(job)
    return pod


def waits_for_image(saga: Saga, reason: str) -> None:
    pod = pod_of_undo(saga)
    state = {"waiting": {"reason": reason, "message": "localhost/nope:dev: not found"}}
    pod["status"] = {"phase": "Pending", "containerStatuses": [{"name": "step", "state": state}]}
    saga.changed(pod)


def test_an_undo_whose_container_does_not_start_says_why_once_that_has_lasted() -> None:
    saga = undoing()
    waits_for_image(saga, "ErrImagePull")
    saga.reconcile()
    assert "undo" not in saga.step("b")["status"]
    assert saga.plan().wake_at <= saga.now + STARTING_PATIENCE
    saga.now += STARTING_PATIENCE
    before = saga.step("b")["status"]
    saga.reconcile()
    event = step_event(before, saga.step("b")["status"])
    assert event == Event("Undo", "Starting", "ErrImagePull: localhost/nope:dev: not found", warning=True)
    told = saga.step("b")["status"]["undo"]
    starts = {"phase": "Running", "reason": "Starting", "run": 1, "round": 1}
    assert told == starts | {"message": "ErrImagePull: localhost/nope:dev: not found"}
    assert saga.step("b")["status"]["reason"] == "Error", "of the step itself it says what it said"
    waits_for_image(saga, "ImagePullBackOff")
    assert not saga.plan().step_statuses, "kubelet alternates between the two"
    running = {"running": {"startedAt": stamp(saga.now)}}
    pod = pod_of_undo(saga)
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "step", "state": running}]}
    saga.changed(pod)
    saga.reconcile()
    assert saga.step("b")["status"]["undo"] == {"phase": "Running", "run": 1, "round": 1}
    assert saga.run()["phase"] == "Failed"
    assert saga.outcome[0] == "True"


def test_an_undo_whose_job_is_suspended_says_so() -> None:
    saga = undoing()
    pod = pod_of_undo(saga)
    saga.delete("Pod", pod["metadata"]["name"])
    (job,) = filter(undoes, saga.of("Job"))
    job["spec"]["suspend"] = True
    saga.changed(job)
    saga.reconcile()
    told = saga.step("b")["status"]["undo"]
    assert (told["phase"], told["reason"]) == ("Queued", "Suspended")
    assert told["message"] == f"Job {job['metadata']['name']} is suspended"
    assert not saga.plan().step_statuses


@pytest.mark.parametrize("how", ["unfit", "refused"])
def test_what_is_said_of_a_run_is_not_said_of_its_undo(how: str) -> None:
    retry = {"retry": {"limit": 1, "backoff": {"initial": "1s"}}}
    saga = Refusing("b", purpose="run").begin(step("a"), step("b", needs=["a"], **retry))
    while not saga.step_is("b", "Retrying"):
        saga.tick()
    saga.unwilling["b"] = how  # the second attempt
    assert saga.run()["phase"] == "Failed"
    assert saga.step("b")["status"]["reason"] == {"unfit": "NeverFits", "refused": "StartFailed"}[how]
    assert saga.paths() == ["b", "a"], "its first attempt may have done half of its work"
    assert saga.outcome[0] == "True"


def test_a_refusal_of_an_undo_is_none_of_the_next_run() -> None:
    saga = Refusing("b", a="refused", b="unfit").begin(step("a"), step("b", needs=["a"]))
    assert saga.run()["phase"] == "Failed"
    saga.bad, saga.unwilling = (), {}
    saga.annotate(saga.of("Pipeline")[0], labels.RERUN, "again")
    assert saga.run()["phase"] == "Succeeded"


def test_a_corrected_step_is_tried_though_its_job_was_not_taken_before() -> None:
    saga = Refusing(purpose="run", a="refused").begin(step("a"))
    assert saga.run()["phase"] == "Failed"
    saga.unwilling = {}
    saga.begin(step("a", script="other"))
    assert saga.run()["phase"] == "Succeeded"
