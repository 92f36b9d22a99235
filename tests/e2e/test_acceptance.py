"""The acceptance cases: each manifest as it is, applied with kubectl, ends as ``cases/expected.yaml`` says."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.expectations import BY_WORD, WATCHED, check_watched
from tests.e2e.space import LATEST, PATIENCE, STEP, Space, instant, kubectl

CASES = Path(__file__).parent / "cases"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "expected.yaml").read_text())

EDIT, SCHEDULE, APPROVAL, STEP_ALONE = "12-edit", "10-schedule", "13-approval", "15-step"
PLAIN = sorted(set(EXPECTED) - {EDIT, SCHEDULE, APPROVAL, STEP_ALONE})
LONG = {"05-retry", "07-undo", "09-gpu"}
ON_KIND = {
    "01-values": "kubelet: termination messages",
    "04-artifacts": "storage and artifacts",
    "05-retry": "retries and the kubelet's reasons",
    "06-failure": "logs",
    "09-gpu": "kubelet: extended resources",
    "14-gang": "network: names of pods",
}
TICK = 60


def manifest(case: str) -> Path:
    return CASES / f"{case}.yaml"


def pipeline_name(path: Path) -> str:
    """Name of the Pipeline in a manifest, which may hold Components too."""
    (name,) = (one["metadata"]["name"] for one in yaml.safe_load_all(path.read_text()) if one["kind"] == "Pipeline")
    return str(name)


def check(space: Space, pipeline: str, expected: dict[str, Any]) -> None:
    for word, wanted in expected.items():
        BY_WORD[word](space, pipeline, wanted)


def test_every_manifest_has_an_expectation() -> None:
    files = {path.stem for path in CASES.glob("[0-9]*.yaml")}
    assert {EDIT if name.startswith(EDIT) else name for name in files} == set(EXPECTED)


def marks(case: str) -> list[pytest.MarkDecorator]:
    long = [pytest.mark.long] if case in LONG else []
    return [*long, pytest.mark.kind(ON_KIND[case])] if case in ON_KIND else long


@pytest.mark.parametrize("case", [pytest.param(name, marks=marks(name)) for name in PLAIN])
def test_case(space: Space, case: str) -> None:
    pipeline = pipeline_name(manifest(case))
    with space.watching("pods") as pods:
        space.apply(manifest(case))
        space.finish(f"pipeline/{pipeline}", seconds=2 * PATIENCE)
    check(space, pipeline, {word: wanted for word, wanted in EXPECTED[case].items() if word not in WATCHED})
    check_watched(pods, EXPECTED[case])


def test_a_step_on_its_own(space: Space) -> None:
    expected = EXPECTED[STEP_ALONE]
    space.apply(manifest(STEP_ALONE))
    status = space.finish("step/alone")["status"]
    assert (status["phase"], status["outputs"]) == (expected["phase"], expected["outputs"])
    assert space.attempts() == ["alone/#1"]


def test_approval(space: Space) -> None:
    expected = EXPECTED[APPROVAL]
    space.apply(manifest(APPROVAL))
    for step, reason in expected["reason"].items():
        space.wait(f"step/approval.{step}", f"jsonpath={{.status.reason}}={reason}")
    check(space, "approval", {"phase": expected["phaseBefore"], "steps": expected["steps"]})
    program, *words = shlex.split(expected["after"])
    assert program == "kubectl"
    space.run(*words)
    space.finish("pipeline/approval")
    check(space, "approval", {"phase": expected["phase"], "steps": {"ship": "Succeeded"}})
    assert space.step("approval", "sign-off")["approval"]["by"] == "me"


def test_edits_run_what_changed(space: Space) -> None:
    expected = EXPECTED[EDIT]["after"]
    again = (CASES / "12-edit-c.yaml").read_text().replace("spec:", "spec:\n  description: c again", 1).encode()
    versions = {name: manifest(f"{EDIT}-{name}") for name in "abc"} | {"c again with another description": again}
    assert list(versions) == list(expected)
    known: set[str] = set()
    for name, version in versions.items():
        space.apply(version)
        assert space.finish("pipeline/edit")["status"]["phase"] == "Succeeded"
        jobs = {job["metadata"]["uid"]: job["metadata"]["labels"][STEP] for job in space.jobs(pipeline="edit")}
        ran = {step for uid, step in jobs.items() if uid not in known}
        assert ran == set(expected[name]["ran"]), f"after {name}"
        check(space, "edit", {word: wanted for word, wanted in expected[name].items() if word != "ran"})
        known |= jobs.keys()


@pytest.mark.long
def test_schedule(space: Space) -> None:
    """One Pipeline a minute, named after the minute, which it gets as a parameter."""
    expected = EXPECTED[SCHEDULE]
    space.apply(manifest(SCHEDULE))
    schedule = space.one("pipelineschedule/every-minute")
    created = instant(schedule["metadata"]["creationTimestamp"])
    first = int(created // TICK) + 1
    ticks = range(first, first + 2)
    for tick in ticks:
        name = f"every-minute-{tick}"
        space.wait(f"pipeline/{name}", "create")
        assert time.time() >= tick * TICK
        space.finish(f"pipeline/{name}")
        check(space, name, {"phase": expected["each"]["phase"]})
        at = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(tick * TICK))
        check(space, name, {"outputs": dict.fromkeys(expected["each"]["outputs"], at)})
    made = [one["metadata"]["name"] for one in space.all("pipelines")]
    assert len(ticks) == expected["pipelinesAfterTwoMinutes"]
    assert set(made) <= {f"every-minute-{tick}" for tick in range(first, int(time.time() // TICK) + 1)}
    kubectl("--namespace", space.name, "delete", "pipelineschedule", "every-minute", LATEST)
