"""What one steers a Pipeline with: suspend, cancel, timeouts, parallelism, retries, rerun."""

from __future__ import annotations

import pytest

from tests.e2e.expectations import most
from tests.e2e.gates import Gate
from tests.e2e.manifests import LONG, emit, pipeline, step
from tests.e2e.space import Space

VALUE = [{"name": "n", "type": "Integer"}]


def patch(space: Space, pipeline_name: str, spec: str) -> None:
    space.run("patch", f"pipeline/{pipeline_name}", "--type=merge", "--patch", f'{{"spec": {spec}}}')


def phase(space: Space, name: str) -> str:
    return str(space.one(f"pipeline/{name}")["status"]["phase"])


def test_suspend_and_go_on(space: Space, gate: Gate) -> None:
    chain = [step("first", gate.held), step("second", needs=["first"])]
    space.apply(pipeline("wait", *chain, suspend=True))
    space.wait("pipeline/wait", "condition=Suspended")
    assert not space.jobs()
    patch(space, "wait", '{"suspend": false}')
    space.running("wait", "first")
    patch(space, "wait", '{"suspend": true}')
    generation = space.one("pipeline/wait")["metadata"]["generation"]
    space.wait("pipeline/wait", f"jsonpath={{.status.observedGeneration}}={generation}")
    gate.open()
    space.wait("step/wait.first", "condition=Complete")  # what runs when it is suspended finishes
    space.wait("pipeline/wait", "jsonpath={.status.phase}=Suspended")
    assert space.attempts() == ["first/#1"]
    patch(space, "wait", '{"suspend": false}')
    assert space.finish("pipeline/wait")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["first/#1", "second/#1"]


@pytest.mark.kind("kubelet: ends what runs")
def test_cancel_and_go_on(space: Space) -> None:
    clean = step("clean", outputs=VALUE, script=emit('{"n": 1}'))
    space.apply(pipeline("stop", step("short"), step("long", LONG, needs=["short"]), **{"finally": [clean]}))
    space.running("stop", "long")
    patch(space, "stop", '{"cancel": true}')
    assert space.finish("pipeline/stop")["status"]["phase"] == "Cancelled"
    assert {name: one["status"]["phase"] for name, one in space.steps("stop").items()} == {
        "short": "Succeeded",
        "long": "Cancelled",
        "clean": "Succeeded",
    }
    assert space.attempts() == ["clean/#1", "short/#1"]  # the Job of `long` is deleted
    short = [job["metadata"]["uid"] for job in space.jobs(step="short")]
    patch(space, "stop", '{"cancel": false}')
    space.running("stop", "long")
    assert short == [job["metadata"]["uid"] for job in space.jobs(step="short")]


@pytest.mark.kind("retries: the Job controller's deadline")
def test_a_step_that_runs_too_long(space: Space) -> None:
    space.apply(pipeline("slow", step("slow", LONG, timeout="3s", retry={"limit": 1, "backoff": {"initial": "1s"}})))
    assert space.finish("pipeline/slow")["status"]["phase"] == "Failed"
    status = space.step("slow", "slow")
    assert [one["reason"] for one in status["attempts"]] == ["Deadline", "Deadline"]
    assert space.attempts() == ["slow/#1", "slow/#2"]


def test_a_pipeline_that_runs_too_long(space: Space) -> None:
    report = step("report", 'printf \'{"was": "%s"}\' "$INPUT_WAS" > "$PENSTOCK_OUTPUTS"')
    report |= {"inputs": [{"name": "was", "expr": "steps.slow.status"}], "outputs": [{"name": "was", "type": "String"}]}
    space.apply(pipeline("slow", step("slow", LONG), timeout="6s", **{"finally": [report]}))
    done = space.finish("pipeline/slow")["status"]
    assert (done["phase"], done["reason"]) == ("Failed", "TimedOut")
    assert space.step("slow", "report")["phase"] == "Succeeded"  # `finally` is outside the timeout
    assert space.attempts() == ["report/#1"]


def test_parallelism(space: Space, gate: Gate) -> None:
    with space.watching("pods") as pods:
        space.apply(pipeline("narrow", *(step(f"s{number}", gate.held) for number in range(5)), parallelism=2))
        for number in range(2):
            space.running("narrow", f"s{number}")
        gate.open()
        assert space.finish("pipeline/narrow")["status"]["phase"] == "Succeeded"
    assert most(pods) == 2


def test_rerun(space: Space) -> None:
    steps = [step("a", emit('{"n": 1}'), outputs=VALUE), step("b", inputs=[{"name": "n", "from": "a.n"}]), step("c")]
    space.apply(pipeline("again", *steps))
    space.finish("pipeline/again")
    before = {job["metadata"]["uid"] for job in space.jobs()}
    space.run("annotate", "pipeline/again", "penstock.dev/rerun=two from=b")
    space.wait("pipeline/again", "jsonpath={.status.rerun}")
    assert space.finish("pipeline/again")["status"]["phase"] == "Succeeded"
    fresh = [job for job in space.jobs() if job["metadata"]["uid"] not in before]
    assert [job["metadata"]["labels"]["penstock.dev/step"] for job in fresh] == ["b"]


def test_a_failed_pipeline_goes_on_when_mended(space: Space) -> None:
    chain = [step("good"), step("bad", "exit 1", needs=["good"]), step("last", needs=["bad"])]
    space.apply(pipeline("mend", *chain))
    assert space.finish("pipeline/mend")["status"]["phase"] == "Failed"
    good = [job["metadata"]["uid"] for job in space.jobs(step="good")]
    chain[1]["script"] = "true"
    space.apply(pipeline("mend", *chain))
    assert space.finish("pipeline/mend")["status"]["phase"] == "Succeeded"
    assert good == [job["metadata"]["uid"] for job in space.jobs(step="good")]
    assert space.attempts() == ["bad/#1", "good/#1", "last/#1"]
