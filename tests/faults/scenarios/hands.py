"""Hands that have no business there: statuses, labels, owners and specs edited, objects deleted."""

from __future__ import annotations

import asyncio
from functools import partial

from penstock.core import names
from tests.faults import courses
from tests.faults.scenario import Course, Same, Scenario
from tests.faults.stage import Stage
from tests.plane.api import PIPELINES, REVISIONS, path

hands = partial(Scenario, group="hands")
HELD = Course(
    "held",
    (
        courses.pipeline(
            "p",
            courses.counts("a"),
            {**courses.counts("b", "a"), **courses.does(outputs={"v": "#"}, hold="hands")},
            courses.counts("c", "b"),
            outputs=[{"name": "last", "from": "c.v"}],
        ),
    ),
    user=None,
)


async def _let_go(stage: Stage) -> None:
    """What a user would see: the step takes a few seconds."""
    await stage.running("p.b")
    await asyncio.sleep(6)
    stage.release("hands")


HELD = Course(HELD.name, HELD.manifests, _let_go)


async def _status_of_ended(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.hand("Step", "p.a", {"status": {"phase": "Running", "reason": "Running"}}, "status")


async def _status_of_running(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.hand("Step", "p.b", {"status": {"phase": "Failed", "reason": "Error", "outputs": {"v": 1}}}, "status")


async def _status_wiped(stage: Stage) -> None:
    await stage.running("p.b")
    known = await stage.api.get(path(PIPELINES, stage.namespace, "p"))
    await stage.hand("Pipeline", "p", {"status": dict.fromkeys(known["status"])}, "status")


async def _step_spec(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.hand("Step", "p.c", {"spec": {"script": "echo mine", "fingerprint": "0"}})


async def _label_of_job(stage: Stage) -> None:
    await stage.running("p.b")
    job = stage.jobs("p.b")[0]["metadata"]["name"]
    label = "app.kubernetes.io/managed-by"
    await stage.hand("Job", job, {"metadata": {"labels": {label: None}}})
    await asyncio.sleep(2)
    await stage.hand("Job", job, {"metadata": {"labels": {label: "penstock"}}})


async def _label_of_pod(stage: Stage) -> None:
    await stage.running("p.b")
    pod = stage.pods("p.b")[0]["metadata"]["name"]
    label = "app.kubernetes.io/managed-by"
    await stage.hand("Pod", pod, {"metadata": {"labels": {label: None}}})
    await asyncio.sleep(2)
    await stage.hand("Pod", pod, {"metadata": {"labels": {label: "penstock"}}})


async def _labels_of_step(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.hand("Step", "p.c", {"metadata": {"labels": None}})


async def _owner_of_job(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.hand("Job", stage.jobs("p.b")[0]["metadata"]["name"], {"metadata": {"ownerReferences": None}})


async def _annotations_of_job(stage: Stage) -> None:
    await stage.running("p.b")
    notes = {"penstock.dev/run": "two", "penstock.dev/fingerprint": None}
    await stage.hand("Job", stage.jobs("p.b")[0]["metadata"]["name"], {"metadata": {"annotations": notes}})


async def _job_deleted(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.delete("Job", stage.jobs("p.b")[0]["metadata"]["name"])


async def _job_deleted_told(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.phase("Step", "p.b", "Running")
    await stage.delete("Job", stage.jobs("p.b")[0]["metadata"]["name"])


async def _pod_deleted(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.delete("Pod", stage.pods("p.b")[0]["metadata"]["name"], grace=0)


async def _pod_evicted(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.ground.kubelet.end(stage.pods("p.b")[0], "Evicted", "EvictionByEvictionAPI")


async def _steps_deleted(stage: Stage) -> None:
    await stage.running("p.b")
    for name in ("p.a", "p.b", "p.c"):
        await stage.delete("Step", name)


async def _ended_step_deleted(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.delete("Step", "p.a")


async def _job_suspended(stage: Stage) -> None:
    await stage.running("p.b")
    job = stage.jobs("p.b")[0]["metadata"]["name"]
    await stage.hand("Job", job, {"spec": {"suspend": True}})
    await asyncio.sleep(2)
    await stage.hand("Job", job, {"spec": {"suspend": False}})


async def _revisions_deleted(stage: Stage) -> None:
    await stage.running("p.b")
    for name in stage.history.objects("ControllerRevision"):
        await stage.api.delete(path(REVISIONS, stage.namespace, name))


async def _job_of_that_name(stage: Stage) -> None:
    """Somebody's Job has the name that the third step's Job is to have, until the Step says so."""
    await stage.running("p.b")
    step = stage.history.objects("Step")["p.c"]
    name = names.job_name("p.c", step["metadata"]["uid"], 1, 1)
    pod = {"restartPolicy": "Never", "containers": [{"name": "mine", "image": "faults/none"}]}
    spec = {"suspend": True, "template": {"spec": pod}}
    await stage.create({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec})

    def told() -> bool:
        return "belongs to somebody else" in str(stage.history.objects("Step")["p.c"].get("status"))

    await stage.history.until("p.c says whose the Job is", told, 60)
    await stage.delete("Job", name)


def held(name: str, what: str, harm: object, **more: object) -> Scenario:
    """While the second of three steps runs."""
    return hands(name, course=HELD, what=what, harm=harm, **more)  # type: ignore[arg-type]


SCENARIOS = (
    held(
        "status-of-ended-step",
        "an ended Step's status is set to Running",
        _status_of_ended,
        expected="its result is held: nothing runs again",
        same=Same.RESULTS,
        quick=True,
    ),
    held("status-of-running-step", "a running Step's status is set to Failed", _status_of_running, same=Same.PHASES),
    held("status-wiped", "the Pipeline's status is emptied", _status_wiped, same=Same.PHASES),
    held("spec-of-step", "a waiting Step's spec is rewritten", _step_spec),
    held("label-of-job", "the label of a running Job is taken off, and put back after 2 s", _label_of_job),
    held("label-of-pod", "the label of a running pod is taken off, and put back after 2 s", _label_of_pod),
    held("labels-of-step", "all labels of a waiting Step are taken off", _labels_of_step),
    held("owner-of-job", "the owner of a running Job is taken off", _owner_of_job, same=Same.PHASES),
    held("annotations-of-job", "the annotations of a running Job are rewritten", _annotations_of_job, same=Same.PHASES),
    held("job-deleted", "a running Job is deleted", _job_deleted_told, quick=True),
    held("job-deleted-early", "a running Job is deleted before its Step tells that it runs", _job_deleted),
    held("pod-deleted", "a running pod is deleted without grace", _pod_deleted),
    held("pod-evicted", "a running pod is evicted", _pod_evicted),
    held("steps-deleted", "all Steps are deleted", _steps_deleted, expected="all of it runs again", same=Same.PHASES),
    held("ended-step-deleted", "an ended Step is deleted", _ended_step_deleted, same=Same.PHASES),
    held("job-suspended", "a running Job is suspended, and resumed after 2 s", _job_suspended),
    held(
        "job-of-that-name",
        "somebody's Job has the name that a step's is to have, and is deleted when the Step says so",
        _job_of_that_name,
    ),
    held("revisions-deleted", "all ControllerRevisions are deleted", _revisions_deleted),
)
