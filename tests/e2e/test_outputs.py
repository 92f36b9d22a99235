"""Value outputs: typed, at most 4,096 bytes, never cut silently."""

from __future__ import annotations

import json

import pytest

from tests.e2e.manifests import emit, pipeline, step
from tests.e2e.space import Space

INTEGER = [{"name": "n", "type": "Integer"}]


def test_outputs_that_cannot_be_used_fail_the_step_and_say_why(space: Space) -> None:
    space.apply(
        pipeline(
            "outputs",
            step("too-large", emit(json.dumps({"n": 1, "pad": "x" * 5000})), outputs=INTEGER),
            step("not-json", emit("forty-two"), outputs=INTEGER),
            step("wrong-type", emit('{"n": "one"}'), outputs=INTEGER),
            step("missing", emit('{"m": 1}'), outputs=INTEGER),
            step("silent", outputs=INTEGER),
            step("filled-in", outputs=[{"name": "n", "type": "Integer", "default": 7}]),
            onFailure="Continue",
        )
    )
    done = space.finish("pipeline/outputs")
    assert done["status"]["phase"] == "Failed"
    found = {name: space.step("outputs", name) for name in space.steps("outputs")}
    assert {name: status["reason"] for name, status in found.items() if status["phase"] == "Failed"} == {
        "too-large": "OutputsTooLarge",
        "not-json": "OutputsInvalid",
        "wrong-type": "OutputsInvalid",
        "missing": "OutputsInvalid",
        "silent": "OutputsInvalid",
    }
    assert "4,096" in found["too-large"]["message"]
    assert "forty-two" in found["not-json"]["message"]
    assert all("'n'" in found[name]["message"] for name in ("wrong-type", "missing", "silent"))
    assert found["filled-in"]["outputs"] == {"n": 7}


@pytest.mark.kind("kubelet: termination messages")
def test_exactly_4096_bytes_of_outputs_arrive(space: Space) -> None:
    script = """
import os
frame = '{"text": ""}'
with open(os.environ["PENSTOCK_OUTPUTS"], "w") as file:
    file.write('{"text": "%s"}' % ("x" * (4096 - len(frame))))
"""
    outputs = [{"name": "text", "type": "String"}]
    space.apply(pipeline("full", step("write", script, interpreter=["python3", "-c"], outputs=outputs)))
    assert space.finish("pipeline/full")["status"]["phase"] == "Succeeded"
    assert space.step("full", "write")["outputs"] == {"text": "x" * (4096 - len('{"text": ""}'))}
