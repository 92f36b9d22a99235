"""What ``cases/expected.yaml`` can say of a case, one function for each of its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from penstock.api.durations import parse as duration
from tests.e2e.space import STEP, Object, Space, condition, instant

WATCHED = {"maxRunning", "maxGpuInUse"}
"""Words about what was so while it ran; ``check_watched`` is for them."""

Expectation = Callable[[Space, str, Any], None]
"""Raises AssertionError if the Pipeline of that name, which has ended, is not as expected."""

GPU = "nvidia.com/gpu"


def _instances(space: Space, pipeline: str, step: str) -> list[Object]:
    """The Steps of a step: one, or one for each item of a fan-out; inside a component by their path."""
    found = space.steps(pipeline)
    exact = [found[step]] if step in found else []
    return exact or [one for one in found.values() if one["metadata"]["labels"][STEP] == step]


def phase(space: Space, pipeline: str, expected: str) -> None:
    assert space.one(f"pipeline/{pipeline}")["status"]["phase"] == expected


def steps(space: Space, pipeline: str, expected: dict[str, str]) -> None:
    for name, wanted in expected.items():
        phases = [one["status"]["phase"] for one in _instances(space, pipeline, name)]
        assert phases, f"there is no Step for {name}"
        assert set(phases) == {wanted}, f"{name}: {phases}"


def outputs(space: Space, pipeline: str, expected: dict[str, Any]) -> None:
    for reference, wanted in expected.items():
        step, _, output = reference.rpartition(".")
        found = space.step(pipeline, step)["outputs"][output]
        assert (found, type(found)) == (wanted, type(wanted)), reference


def pipeline_outputs(space: Space, pipeline: str, expected: dict[str, Any]) -> None:
    assert space.one(f"pipeline/{pipeline}")["status"]["outputs"] == expected


def attempts(space: Space, pipeline: str, expected: dict[str, int]) -> None:
    for step, wanted in expected.items():
        assert len(space.jobs(pipeline=pipeline, step=step)) == wanted, step


def exit_code(space: Space, pipeline: str, expected: dict[str, int]) -> None:
    for step, wanted in expected.items():
        assert space.step(pipeline, step)["attempts"][-1]["exitCode"] == wanted


def message_contains(space: Space, pipeline: str, expected: dict[str, str]) -> None:
    for step, wanted in expected.items():
        assert wanted in space.step(pipeline, step)["message"]
    failed = {one["name"]: one["message"] for one in space.one(f"pipeline/{pipeline}")["status"]["failedSteps"]}
    assert all(wanted in failed[step] for step, wanted in expected.items()), failed


def reason(space: Space, pipeline: str, expected: dict[str, str]) -> None:
    for step, wanted in expected.items():
        assert space.step(pipeline, step)["reason"] == wanted


def conditions(space: Space, pipeline: str, expected: dict[str, str]) -> None:
    one = space.one(f"pipeline/{pipeline}")
    assert {kind: condition(one, kind) for kind in expected} == expected


def problems(space: Space, pipeline: str, expected: int) -> None:
    found = space.one(f"pipeline/{pipeline}")["status"]["problems"]
    assert len(found) == expected, found
    assert all(one["path"].startswith("spec.") and one["reason"] and one["message"] for one in found), found


def jobs(space: Space, pipeline: str, expected: int) -> None:
    assert len(space.all("jobs", pipeline=pipeline)) == expected


def pods(space: Space, pipeline: str, expected: dict[str, int]) -> None:
    for step, wanted in expected.items():
        assert len(space.all("pods", pipeline=pipeline, step=step)) == wanted


def check_watched(pods: Iterable[Object], expected: dict[str, Any]) -> None:
    """The words of ``WATCHED``, from all states in which the pods were seen."""
    states = list(pods)
    for step, wanted in expected.get("maxRunning", {}).items():
        assert most(pod for pod in states if pod["metadata"]["labels"][STEP] == step) == wanted
    if "maxGpuInUse" in expected:
        assert most(states, gpus) == expected["maxGpuInUse"]


def undo_order(space: Space, pipeline: str, expected: list[str]) -> None:
    started = [job["metadata"]["labels"][STEP] for job in space.jobs(undo=True, pipeline=pipeline)]
    assert list(dict.fromkeys(started)) == expected, started


def undo_attempts(space: Space, pipeline: str, expected: dict[str, int]) -> None:
    for step, wanted in expected.items():
        assert len(space.jobs(undo=True, pipeline=pipeline, step=step)) == wanted


def cpu_only_starts_within(space: Space, pipeline: str, expected: str) -> None:
    """Before anything has ended that it could have waited for, all of which runs for longer than that."""
    shortest = min(duration(one["spec"]["duration"]) for one in _instances(space, pipeline, "tune"))
    assert shortest > duration(expected)
    launched = instant(space.step(pipeline, "cpu-only")["startTime"])
    others = [one for one in space.steps(pipeline).values() if one["status"].get("usage")]
    assert launched <= min(instant(attempt["end"]) for one in others for attempt in one["status"]["attempts"])


def gpu_seconds(space: Space, pipeline: str, expected: dict[str, int]) -> None:
    """So many seconds GPUs were busy at least, and held as long as their Jobs tell; none were lost; steps add up."""
    for step, wanted in expected.items():
        instances = _instances(space, pipeline, step)
        reserved, busy, lost = _gpu_seconds(instances)
        assert wanted <= busy <= reserved, (step, reserved, busy)
        assert abs(reserved - _held(space, pipeline, step, instances)) <= len(instances), "each to the second"
        assert lost == 0, step
    whole = _gpu_seconds([space.one(f"pipeline/{pipeline}")])
    assert (
        whole
        == _gpu_seconds(list(space.steps(pipeline).values()))
        == _gpu_seconds([one for step in expected for one in _instances(space, pipeline, step)])
    ), "the Pipeline has the sum of its Steps, and no others held any"


def _held(space: Space, pipeline: str, step: str, instances: list[Object]) -> float:
    """GPU-seconds from the creation of each Job to the end of its attempt, of which each instance had one."""
    jobs = space.jobs(pipeline=pipeline, step=step)
    created = {job["metadata"]["name"]: instant(job["metadata"]["creationTimestamp"]) for job in jobs}
    each = max(gpus({"spec": job["spec"]["template"]["spec"]}) for job in jobs)
    attempts = [attempt for one in instances for attempt in one["status"]["attempts"]]
    assert len(attempts) == len(instances)
    return sum(each * (instant(attempt["end"]) - created[attempt["job"]]) for attempt in attempts)


def _gpu_seconds(objects: list[Object]) -> tuple[int, int, int]:
    """Reserved, busy and lost GPU-seconds of Steps or Pipelines together."""
    used = [one for found in objects for one in found["status"].get("usage", []) if one["resource"] == GPU]
    reserved, busy, lost = (sum(one[key] for one in used) for key in ("reservedSeconds", "busySeconds", "lostSeconds"))
    return reserved, busy, lost


BY_WORD: dict[str, Expectation] = {
    "phase": phase,
    "steps": steps,
    "outputs": outputs,
    "pipelineOutputs": pipeline_outputs,
    "attempts": attempts,
    "exitCode": exit_code,
    "messageContains": message_contains,
    "reason": reason,
    "condition": conditions,
    "problems": problems,
    "jobs": jobs,
    "pods": pods,
    "undoOrder": undo_order,
    "undoAttempts": undo_attempts,
    "cpuOnlyStartsWithin": cpu_only_starts_within,
    "gpuSeconds": gpu_seconds,
}


def gpus(pod: Object) -> int:
    """GPUs that a pod holds."""
    return sum(int(one["resources"].get("limits", {}).get(GPU, 0)) for one in pod["spec"]["containers"])


def most(states: Iterable[Object], weight: Callable[[Object], int] = lambda pod: 1) -> int:
    """The largest sum of the weights of pods that were there and had not ended, at any instant.

    ``states`` are what a watch saw, in order; deletion of a pod that has not ended shows up as its last state, which
    no case here does.
    """
    alive: dict[str, int] = {}
    highest = 0
    for pod in states:
        ended = pod["status"].get("phase") in ("Succeeded", "Failed")
        alive[pod["metadata"]["uid"]] = 0 if ended else weight(pod)
        highest = max(highest, sum(alive.values()))
    return highest
