"""A Step on its own: one step, one Job."""

from dataclasses import replace
from typing import Any

from penstock.api.step import StepSpec
from penstock.core.pipeline.plan import Plan
from penstock.core.pipeline.standalone import compile_step, plan_step
from penstock.core.reasons import Reason
from penstock.core.seen.reading import step_view
from penstock.core.seen.views import JobView, StepView

NOW = 1_800_000_000.0


def alone(status: dict[str, Any] | None = None, **spec: Any) -> StepView:
    meta = {"name": "alone", "namespace": "ns", "uid": "u", "resourceVersion": "1", "generation": 1}
    obj = {"metadata": {**meta, "creationTimestamp": "2027-01-15T08:00:00Z"}, "spec": {"image": "i", **spec}}
    return step_view({**obj, "status": status or {}})


def planned(step: StepView, *jobs: JobView) -> Plan:
    compiled = compile_step(step.name, StepSpec.model_validate(step.spec))
    return plan_step(step, compiled, jobs, {}, NOW, {}, {}, {}, {})


def test_starts_once() -> None:
    step = alone(inputs=[{"name": "x", "value": [1]}])
    (ready,) = planned(step).ready
    assert (ready.attempt, ready.facts.run, ready.values) == (1, 1, {"x": [1]})
    job = JobView("j", "n", "ns", "1", "u", 1, 1, "run", ready.facts.fingerprint, "", 0, 0, created=NOW)
    assert planned(step, job).ready == []


def test_a_result_is_kept_and_another_spec_runs_again() -> None:
    step = alone()
    (ready,) = planned(step).ready
    result = {"fingerprint": ready.facts.fingerprint, "run": 1}
    ended = {"phase": "Succeeded", "run": 1, "lastRun": 1, "fingerprint": ready.facts.fingerprint, "round": 0}
    status = {**ended, "results": [result], "completionTime": "2027-01-15T08:00:00Z"}
    done = planned(replace(step, status=status))
    assert done.finished
    assert done.ready == []
    (again,) = planned(replace(step, status=status, spec={"image": "newer"})).ready
    assert again.facts.run == 2


def test_what_is_wrong_fails_it_and_is_said_once() -> None:
    step = alone(inputs=[{"name": "a-b", "value": 1}, {"name": "a_b", "value": 2}])
    plan = planned(step)
    ((_, status),) = plan.step_statuses
    assert (status["phase"], status["reason"]) == ("Failed", Reason.DUPLICATE_NAME)
    assert "spec.inputs[1].name" in status["message"]
    assert planned(replace(step, status=status)).step_statuses == []


def test_one_that_is_being_deleted_is_left_alone() -> None:
    assert planned(replace(alone(), deleting=True)) == Plan()
