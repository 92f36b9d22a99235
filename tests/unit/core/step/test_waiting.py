"""What is written about waiting: into the Step, and into its Pipeline when nothing runs."""

from dataclasses import replace
from typing import Any

from tests.properties.model import Cluster
from tests.unit.builders import cluster, pipeline, step
from tests.unit.core.admission.clusters import held, node, want

from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import Capacity
from penstock.core.pipeline.plan import Plan, plan
from penstock.core.waits import PATIENCE, Wait

Object = dict[str, Any]


def short_of_gpus(now: float, gpus: int = 3) -> Wait:
    """A step waits for GPUs, so many of which a Pipeline of another namespace holds."""
    capacity = Capacity.of([node(gpu=4)], [held("secret/train", until=None, namespace="secret-ns", gpu=gpus)])
    demand = want("x", gpu=2)
    return admit([demand], capacity, now).waits[demand.key]


def begun(*steps: Object, **spec: Any) -> Cluster:
    """A Pipeline whose Steps exist, none with a Job."""
    found = cluster(pipeline(*steps, **spec))
    for _ in range(2):
        write(found, replace(found.plan(), ready=[]))
    return found


def write(found: Cluster, planned: Plan) -> None:
    for one in found.writes_of(planned):
        one()


def hold_back(found: Cluster, gpus: int = 3, seconds: float = PATIENCE + 1) -> float | None:
    """Admission lets nothing through for so long. Returns when to look again."""
    found.now += seconds
    seen = found.observe()
    waits = {one.uid: short_of_gpus(found.now, gpus) for one in seen.steps.values()}
    planned = plan(replace(seen, waits=waits))
    write(found, replace(planned, ready=[]))
    return planned.wake_at


def condition(found: Cluster, kind: str) -> tuple[str, str, str]:
    one = next(one for one in found.status["conditions"] if one["type"] == kind)
    return one["status"], one["reason"], one["message"]


def test_a_step_tells_no_name_of_another_namespace() -> None:
    found = begun(step("a"))
    hold_back(found)
    told = found.step("a")["status"]
    assert (told["phase"], told["reason"]) == ("Queued", "WaitingForResources")
    assert told["message"] == "needs 2 nvidia.com/gpu, 1 of 4 free; held by others in other namespaces (3)"


def test_a_pipeline_of_which_nothing_runs_says_what_it_waits_for() -> None:
    found = begun(step("a"), step("b"), step("c", needs=["a"]))
    assert (found.status["phase"], found.status["reason"]) == ("Pending", "Preparing")
    hold_back(found)
    assert (found.status["phase"], found.status["reason"]) == ("Pending", "Waiting")
    words = (
        "step 'a' waits (and 1 more): WaitingForResources, needs 2 nvidia.com/gpu, 1 of 4 free; "
        "held by others in other namespaces (3)"
    )
    assert found.status["message"] == words
    assert condition(found, "Progressing") == ("True", "Waiting", words)
    assert condition(found, "Finished") == ("False", "Waiting", "")


def test_as_long_as_something_runs_it_runs() -> None:
    found = begun(step("a"), step("b"))
    first = found.plan()
    write(found, replace(first, ready=[one for one in first.ready if one.node.path == "a"]))
    found.start_pods()
    hold_back(found)
    assert found.step("b")["status"]["phase"] == "Queued"
    assert found.status["phase"] == "Running"
    assert "reason" not in found.status
    assert "message" not in found.status


def test_between_two_steps_nothing_is_said_of_waiting() -> None:
    found = begun(step("a"), step("b"), parallelism=1)
    found.reconcile()
    found.start_pods()
    found.now += 60
    found.reconcile()
    assert found.step("b")["status"]["reason"] == "Parallelism"
    found.finish()
    assert [one.node.path for one in found.plan().ready] == ["b"]
    assert hold_back(found, seconds=0) == found.now + PATIENCE
    assert "reason" not in found.status
    hold_back(found)
    assert (found.status["phase"], found.status["reason"]) == ("Running", "Waiting")


def test_what_is_tried_again_and_finds_no_room_waits_too() -> None:
    found = cluster(pipeline(step("a", retry={"limit": 1, "backoff": {"initial": "1s"}})))
    found.reconcile()
    found.start_pods()
    found.evict(found.of("Job")[0])
    write(found, found.plan())
    found.now += 60
    hold_back(found)
    assert found.step("a")["status"]["phase"] == "Retrying"
    assert (found.status["phase"], found.status["reason"]) == ("Running", "Waiting")


def test_a_wait_that_does_not_last_is_told_nowhere() -> None:
    found = begun(step("a"))
    hold_back(found, seconds=PATIENCE - 4)
    assert (found.status["phase"], found.status["reason"]) == ("Pending", "Preparing")
    assert found.phases() == {"a": "Pending"}


def test_the_words_of_a_pipeline_that_waits_stay_as_they_were() -> None:
    found = begun(step("a"))
    hold_back(found)
    told = found.status["message"]
    writes = found.writes
    hold_back(found, gpus=4)
    assert found.status["message"] == told
    assert found.writes == writes
