"""Since when a step waited for its turn alone, and how long its attempt took: told in writes that happen anyway."""

from tests.properties.model import Cluster
from tests.unit.builders import cluster, pipeline, step
from tests.unit.core.step.test_waiting import begun, hold_back

from penstock.core.clock import instant, stamp
from penstock.core.step.status import differs


def times(found: Cluster, path: str) -> tuple[float | None, float | None]:
    """When the Step was ready, and when its run began."""
    status = found.step(path)["status"]
    return instant(status.get("readyTime")), instant(status.get("startTime"))


def test_it_is_the_end_of_the_last_that_it_depends_on() -> None:
    found = cluster(pipeline(step("a"), step("b"), step("c", needs=["a", "b"]), parallelism=1))
    began = found.now
    found.run()
    assert times(found, "a") == (began, began)
    ready, start = times(found, "b")
    assert ready == began
    assert start is not None
    assert start > began, "its turn came later, for one runs at a time"
    assert times(found, "c")[0] == instant(found.step("b")["status"]["completionTime"])


def test_one_that_waits_for_room_says_since_when_and_goes_on_saying_so() -> None:
    found = begun(step("a"))
    created = instant(found.step("a")["metadata"]["creationTimestamp"])
    hold_back(found)
    assert found.step("a")["status"]["phase"] == "Queued"
    assert times(found, "a") == (created, None)
    found.run()
    ready, start = times(found, "a")
    assert ready == created
    assert start is not None
    assert start > found.now - 20


def test_all_attempts_of_a_run_have_one_and_the_next_run_its_own() -> None:
    retry = {"limit": 1, "backoff": {"initial": "30s"}}
    found = cluster(pipeline(step("a", retry=retry)), a=[1, 0])
    began = found.now
    found.run()
    assert [one.get("exitCode") for one in found.step("a")["status"]["attempts"]] == [1, 0]
    assert times(found, "a")[0] == began
    found.now += 100
    found.apply(pipeline(step("a", script="other")))
    again = found.now
    found.run()
    assert times(found, "a")[0] == again


def test_what_failed_was_cancelled_or_is_asked_tells_it_too() -> None:
    manifest = pipeline(step("a"), step("ask", approval={"message": "?"}), step("b"), onFailure="Continue")
    found = cluster(manifest, a=1)
    began = found.now
    found.reconcile()
    found.start_pods()
    found.now += 10
    found.finish("p.a")
    found.reconcile()
    found.apply({**manifest, "spec": {**manifest["spec"], "cancel": True}})
    found.run()
    assert found.phases() == {"a": "Failed", "ask": "Cancelled", "b": "Cancelled"}
    assert [times(found, path)[0] for path in ("a", "b")] == [began, began]


def test_a_question_is_asked_when_its_step_is_ready() -> None:
    found = cluster(pipeline(step("ask", approval={"message": "?"})))
    found.reconcile()
    assert times(found, "ask") == (found.now, found.now)


def test_it_is_no_reason_to_write() -> None:
    old = {"phase": "Running", "run": 1}
    assert not differs(old, {**old, "readyTime": stamp(1.0)})


def test_a_result_tells_how_long_it_took() -> None:
    found = cluster(pipeline(step("a")))
    found.reconcile()
    found.start_pods()
    found.now += 165
    found.finish("p.a")
    found.reconcile()
    (result,) = found.step("a")["status"]["results"]
    assert result["seconds"] == 165
