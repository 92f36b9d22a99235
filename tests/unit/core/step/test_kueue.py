"""Jobs that Kueue holds: suspension and preemption are waiting, and that time counts for no timeout."""

from typing import Any

from tests.properties.model import Cluster
from tests.properties.objects import Object
from tests.unit.builders import cluster, pipeline, runs, step

from penstock.core import labels
from penstock.core.clock import stamp

QUEUE = {"queueName": "team"}


def handed_over(*steps: Object, work: dict[str, Any] | None = None, **fields: Any) -> Cluster:
    """A Pipeline with a queue, its first Jobs created."""
    found = cluster(pipeline(*steps, **QUEUE, **fields), **(work or {}))
    found.reconcile()
    return found


def only_job(found: Cluster) -> Object:
    (job,) = (one for one in found.of("Job") if not one.get("status", {}).get("completed"))
    return job


def let_run(found: Cluster, job: Object) -> None:
    """Kueue admits the Job, its controller notices, and its pods run."""
    job["spec"]["suspend"] = False
    job["status"] = {"startTime": stamp(found.now)}
    found.changed(job)
    found.start_pods()


def preempt(found: Cluster, job: Object) -> list[Object]:
    """Kueue takes the Job back: its controller deletes the pods, which are given time to end."""
    job["spec"]["suspend"] = True
    job["status"] = {"conditions": [{"type": "Suspended", "status": "True"}]}
    found.changed(job)
    pods = found.pods_of(job)
    for pod in pods:
        pod["metadata"]["deletionTimestamp"] = stamp(found.now)
        found.changed(pod)
    return pods


def standing(found: Cluster, path: str = "a") -> tuple[str, str]:
    status = found.step(path)["status"]
    return status["phase"], status.get("reason", "")


def suspended(found: Cluster) -> bool:
    return any(one["type"] == "Suspended" and one["status"] == "True" for one in found.status["conditions"])


def test_jobs_are_created_suspended_with_the_queues_label() -> None:
    job = only_job(handed_over(step("a")))
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["labels"][labels.QUEUE] == "team"
    assert job["spec"]["podReplacementPolicy"] == "Failed", "two pods of a step never run side by side"


def test_a_job_that_kueue_has_not_admitted_waits_however_long() -> None:
    found = handed_over(step("a", startTimeout="1m", timeout="1m"), timeout="1m")
    found.now += 100_000
    found.reconcile()
    assert standing(found) == ("Queued", "QueuedByKueue")
    assert suspended(found)
    job = only_job(found)
    job["spec"]["suspend"] = False
    job["status"] = {"conditions": [{"type": "Suspended", "status": "True"}]}
    found.changed(job)
    found.reconcile()
    assert standing(found) == ("Queued", "QueuedByKueue"), "the Job controller has not noticed yet"
    let_run(found, job)
    found.now += 10
    found.reconcile()
    assert standing(found) == ("Running", "Running")
    assert not suspended(found)
    found.run()
    assert found.status["phase"] == "Succeeded"
    assert runs(found) == ["a"]


def test_preemption_is_waiting_however_the_pods_end() -> None:
    for code in (0, 137):
        found = handed_over(step("a", outputs={"n": "Integer"}), work={"a": [code, {"n": 1}]})
        let_run(found, only_job(found))
        found.now += 10
        found.reconcile()
        (pod,) = preempt(found, only_job(found))
        found.reconcile()
        assert standing(found) == ("Queued", "QueuedByKueue")
        found.now += 5
        found.end_pod(only_job(found), pod)
        found.reconcile()
        assert standing(found) == ("Queued", "QueuedByKueue"), f"the container ended with {code} because it was told to"
        found.now += 5
        let_run(found, only_job(found))
        found.reconcile()
        assert standing(found)[0] != "Succeeded", "the old pod is still there"
        found.delete("Pod", pod["metadata"]["name"])
        found.run()
        status = found.step("a")["status"]
        assert (status["phase"], status["outputs"]) == ("Succeeded", {"n": 1})
        assert "failures" not in status
        assert "disruptions" not in status
        assert runs(found) == ["a"]


def test_an_eviction_is_a_disruption_with_kueue_too() -> None:
    found = handed_over(step("a"))
    let_run(found, only_job(found))
    found.evict(only_job(found))
    found.reconcile()
    status = found.step("a")["status"]
    assert status["disruptions"] == 1
    assert standing(found) == ("Queued", "QueuedByKueue"), "the next attempt is handed to Kueue as well"
    assert runs(found) == ["a", "a~2"]


def test_time_in_the_queue_counts_for_no_timeout_of_the_pipeline() -> None:
    found = handed_over(step("a"), timeout="100s")
    found.now += 1000
    let_run(found, only_job(found))
    found.reconcile()
    found.now += 50
    found.reconcile()
    assert found.status["suspendedSeconds"] == 1000
    preempt(found, only_job(found))
    found.purge()
    found.reconcile()
    found.now += 1000
    found.reconcile()
    assert found.status["phase"] == "Running"
    for pod in found.of("Pod"):
        found.delete("Pod", pod["metadata"]["name"])
    let_run(found, only_job(found))
    found.reconcile()
    assert found.status["suspendedSeconds"] == 2000
    found.now += 49
    found.reconcile()
    assert found.status["phase"] == "Running"
    assert found.plan().wake_at == found.now + 1
    found.now += 1
    found.reconcile()
    found.purge()
    found.reconcile()
    assert found.status["reason"] == "TimedOut"


def test_what_runs_beside_the_queue_counts() -> None:
    found = handed_over(step("a"), step("b"), timeout="100s")
    let_run(found, next(job for job in found.of("Job") if job["metadata"]["labels"][labels.STEP] == "b"))
    found.reconcile()
    found.now += 99
    found.reconcile()
    assert found.status["phase"] == "Running"
    assert not suspended(found)
    found.now += 2
    found.reconcile()
    found.purge()
    found.reconcile()
    assert found.status["reason"] == "TimedOut"


def test_as_many_jobs_are_handed_over_as_the_pipeline_allows() -> None:
    found = handed_over(step("a"), step("b"), step("c"), parallelism=2)
    assert runs(found) == ["a", "b"], "Kueue might let all run that it has"
    let_run(found, found.of("Job")[0])
    found.finish()
    found.reconcile()
    assert runs(found) == ["a", "b", "c"]
    fanned = handed_over(step("f", each={"x": [1, 2, 3]}))
    assert len(fanned.of("Job")) == 3
    narrow = step("f", each={"x": [1, 2, 3]})
    narrow["forEach"]["maxParallel"] = 1
    assert len(handed_over(narrow).of("Job")) == 1
