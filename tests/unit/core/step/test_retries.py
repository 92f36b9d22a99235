"""Whether and when a failed attempt is tried again."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.builders import cluster, pipeline, runs, step

from penstock.api.containers import Retry
from penstock.core.causes import Said
from penstock.core.pipeline.plan import plan
from penstock.core.reasons import Reason
from penstock.core.step.outcomes import Failure
from penstock.core.step.retries import MAX_DISRUPTIONS, Again, GiveUp, decide, wait
from penstock.core.step.status import KEPT_ATTEMPTS, kept
from penstock.core.waits import PATIENCE, Wait


def retry(**fields: Any) -> Retry:
    return Retry.model_validate({"limit": 3, **fields})


def failed(reason: Reason = Reason.ERROR, **fields: Any) -> Failure:
    return Failure(reason, "words", 100.0, **fields)


def test_as_often_as_the_limit_says() -> None:
    assert [isinstance(decide(retry(limit=2), failed(), count, 0, "s"), Again) for count in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
    assert decide(retry(limit=2), failed(), 3, 0, "s") == GiveUp("failed 3 times")
    assert decide(retry(limit=0), failed(), 1, 0, "s") == GiveUp("")


@pytest.mark.parametrize(
    ("reason", "listed", "again"),
    [
        (Reason.ERROR, "Error", True),
        (Reason.OUTPUTS_INVALID, "Error", True),
        (Reason.OUTPUTS_TOO_LARGE, "Error", True),
        (Reason.OOM_KILLED, "OOMKilled", True),
        (Reason.DEADLINE, "Deadline", True),
        (Reason.START_FAILED, "StartFailed", True),
        (Reason.ERROR, "OOMKilled", False),
        (Reason.START_FAILED, "Error", False),
    ],
)
def test_only_for_the_reasons_listed(reason: Reason, listed: str, again: bool) -> None:
    found = decide(retry(reasons=[listed]), failed(reason), 1, 0, "s")
    assert isinstance(found, Again) is again
    if isinstance(found, GiveUp):
        assert "is not in retry.reasons" in found.why


def test_exit_codes_that_end_the_step() -> None:
    assert isinstance(decide(retry(noRetryExitCodes=[42]), failed(exit_code=41), 1, 0, "s"), Again)
    assert decide(retry(noRetryExitCodes=[42]), failed(exit_code=42), 1, 0, "s") == GiveUp(
        "exit code 42 is in noRetryExitCodes"
    )


def test_disruptions_never_count_but_have_an_end() -> None:
    lost = failed(Reason.DISRUPTED, disrupted=True)
    assert decide(retry(limit=0), lost, 0, 1, "s") == Again(100.0)
    assert decide(retry(limit=0), lost, 0, MAX_DISRUPTIONS, "s") == Again(160.0)
    assert isinstance(decide(retry(limit=0), lost, 0, MAX_DISRUPTIONS + 1, "s"), GiveUp)


def test_waits_grow_up_to_the_longest_with_a_little_jitter() -> None:
    policy = retry(backoff={"initial": "1s", "factor": 2, "max": "5s"})
    waits = [wait(policy, failures, "seed") for failures in (1, 2, 3, 4, 50)]
    for found, plain in zip(waits, (1, 2, 4, 5, 5), strict=True):
        assert plain <= found <= plain * 1.1
    assert waits == [wait(policy, failures, "seed") for failures in (1, 2, 3, 4, 50)], "the same seed waits as long"
    assert wait(policy, 4, "other") != waits[3]


def test_attempts_are_recorded_and_memory_grows_after_oom() -> None:
    patient = {"limit": 3, "backoff": {"initial": "1s"}, "memory": {"factor": 4, "max": "100Mi"}}
    hungry = step("a", retry=patient, resources={"requests": {"memory": "32Mi"}})
    found = cluster(pipeline(hungry), a=[137, 137, 0])
    found.run()
    assert runs(found) == ["a", "a~2", "a~3"]
    status = found.step("a")["status"]
    assert [(one["number"], one.get("reason")) for one in status["attempts"]] == [
        (1, "OOMKilled"),
        (2, "OOMKilled"),
        (3, None),
    ]
    asked = [
        job["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"] for job in found.of("Job")
    ]
    assert sorted(asked) == ["104857600", "104857600", "32Mi"]


def test_losing_a_pod_does_not_eat_the_retries() -> None:
    found = cluster(pipeline(step("a")))
    for _ in range(3):
        found.reconcile()
        found.start_pods()
        (job,) = [job for job in found.of("Job") if found.is_live(job)]
        found.lose_pod(job)
        found.now += 30
        found.reconcile()
    assert found.run()["phase"] == "Succeeded"
    status = found.step("a")["status"]
    assert status["disruptions"] == 3
    assert "failures" not in status


def test_an_attempt_that_finds_no_room_says_so_and_keeps_what_is_known() -> None:
    found = cluster(pipeline(step("a")))
    found.reconcile()
    found.start_pods()
    found.evict(found.of("Job")[0])
    for write in found.writes_of(found.plan()):
        write()
    uid = found.step("a")["metadata"]["uid"]
    full = Wait(Reason.WAITING_FOR_RESOURCES, found.now, lambda: Said("needs 1 nvidia.com/gpu, 0 of 2 free"))
    observed = found.observe()
    assert not plan(replace(observed, waits={uid: full})).step_statuses, "not at once"
    ((_, status),) = plan(replace(observed, waits={uid: full}, now=found.now + PATIENCE + 2)).step_statuses
    known = found.step("a")["status"]
    assert known["reason"] == "Disrupted"
    assert status == {**known, "reason": "WaitingForResources", "message": "needs 1 nvidia.com/gpu, 0 of 2 free"}
    assert runs(found) == ["a"]


def test_memory_stays_grown_though_the_records_of_old_attempts_are_dropped() -> None:
    patient = {"limit": 100, "backoff": {"initial": "1s", "factor": 1}, "memory": {"factor": 2, "max": "1Gi"}}
    hungry = step("a", retry=patient, resources={"requests": {"memory": "32Mi"}})
    found = cluster(pipeline(hungry), a=[1, 137, 137, *[1] * KEPT_ATTEMPTS, 0])
    found.run()
    attempts = found.step("a")["status"]["attempts"]
    numbers = [one["number"] for one in attempts]
    assert len(attempts) == KEPT_ATTEMPTS
    assert (numbers[:3], numbers[-1]) == ([2, 3, 7], KEPT_ATTEMPTS + 4)
    last = max(found.of("Job"), key=lambda job: int(job["metadata"]["labels"]["penstock.dev/attempt"]))
    (container,) = last["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"]["memory"] == str(128 * 2**20)


def test_of_too_many_attempts_without_memory_the_last_are_kept() -> None:
    attempts = [{"number": number, "reason": "OOMKilled"} for number in range(KEPT_ATTEMPTS + 2)]
    assert [one["number"] for one in kept(attempts)] == list(range(2, KEPT_ATTEMPTS + 2))
