"""What stops a Pipeline or makes it wait: cancel, suspend, its timeout."""

from tests.unit.builders import cluster, phases, pipeline, runs, step


def test_cancel_stops_runs_finally_and_goes_on_when_lifted() -> None:
    manifest = pipeline(step("a"), step("b", needs=["a"]), **{"finally": [step("f")]})
    found = cluster(manifest)
    found.reconcile()
    found.start_pods()
    manifest["spec"]["cancel"] = True
    found.apply(manifest)
    assert phases(found) == {"a": "Cancelled", "b": "Cancelled", "f": "Succeeded"}
    assert found.status["phase"] == "Cancelled"
    manifest["spec"]["cancel"] = False
    found.apply(manifest)
    assert phases(found) == {"a": "Succeeded", "b": "Succeeded", "f": "Succeeded"}
    assert found.status["phase"] == "Succeeded"
    assert runs(found) == ["a", "f", "a#2", "b", "f#2"]


def test_cancel_lifted_while_it_is_carried_out() -> None:
    manifest = pipeline(step("a"), step("b", needs=["a"]))
    found = cluster(manifest)
    found.reconcile()
    found.slow = True
    manifest["spec"]["cancel"] = True
    found.apply(manifest)
    found.reconcile()
    assert found.status["reason"] == "Cancelling"
    assert found.step("b")["status"]["phase"] == "Cancelled"
    manifest["spec"]["cancel"] = False
    found.apply(manifest)
    assert phases(found) == {"a": "Succeeded", "b": "Succeeded"}


def test_cancelling_what_has_ended_changes_nothing() -> None:
    manifest = pipeline(step("a"))
    found = cluster(manifest)
    found.run()
    manifest["spec"]["cancel"] = True
    found.apply(manifest)
    found.run()
    assert found.status["phase"] == "Succeeded"
    assert runs(found) == ["a"]


def test_suspend_lets_running_steps_finish() -> None:
    manifest = pipeline(step("a"), step("b", needs=["a"]))
    found = cluster(manifest)
    found.reconcile()
    manifest["spec"]["suspend"] = True
    found.apply(manifest)
    for _ in range(3):
        found.reconcile()
        found.start_pods()
        found.finish()
    assert found.phases() == {"a": "Succeeded", "b": "Pending"}
    assert found.status["phase"] == "Suspended"
    manifest["spec"]["suspend"] = False
    found.apply(manifest)
    assert phases(found)["b"] == "Succeeded"


def test_timeout_deletes_what_runs_and_fails_the_pipeline() -> None:
    found = cluster(pipeline(step("a"), step("b", needs=["a"]), timeout="30s", **{"finally": [step("f")]}))
    found.reconcile()
    found.start_pods()
    found.reconcile()
    assert found.plan().wake_at is not None
    found.now += 40
    found.reconcile()
    assert found.phases() == {"a": "Cancelled", "b": "Cancelled", "f": "Pending"}
    found.run()
    assert found.status["phase"] == "Failed"
    assert found.status["reason"] == "TimedOut"
    assert found.phases()["f"] == "Succeeded"
