"""Inputs of every size and kind, and manifests that make no sense: a clear answer, and no harm to others."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.e2e.manifests import emit, pipeline, step
from tests.e2e.space import Refused, Space

LIMIT = 100 * 1024
DIGEST = """
import hashlib, json, os
found = {name: hashlib.sha256(os.environ["INPUT_" + name.upper()].encode()).hexdigest() for name in NAMES}
with open(os.environ["PENSTOCK_OUTPUTS"], "w") as file:
    json.dump(found, file)
"""
NASTY = {
    "emoji": "naïve 🚀 日本語 \u202e",
    "shell": "$HOME $(id) $(INPUT_EMOJI) $$ `id` ${PATH} \\ ' \" ; rm -rf /",
    "lines": "a\r\nb\n\n\tc\n",
    "empty": "",
}


def digests(name: str, texts: dict[str, str]) -> dict[str, Any]:
    """A Pipeline of one step that gives the SHA-256 of each of its inputs."""
    read = step(
        "read",
        DIGEST.replace("NAMES", repr(sorted(texts))),
        interpreter=["python3", "-c"],
        inputs=[{"name": key, "value": text} for key, text in texts.items()],
        outputs=[{"name": key, "type": "String"} for key in texts],
    )
    return pipeline(name, read)


@pytest.mark.kind("kubelet: environment")
@pytest.mark.parametrize("texts", [NASTY, {"big": "é" * (LIMIT // 2)}], ids=["nasty", "100KiB"])
def test_texts_arrive_as_they_are(space: Space, texts: dict[str, str]) -> None:
    space.apply(digests("texts", texts), "--server-side")
    space.finish("pipeline/texts")
    expected = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    assert space.step("texts", "read")["outputs"] == expected


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        ({"big": "x" * (LIMIT + 1)}, "InputTooLarge"),
        ({"a": "x" * LIMIT, "b": "x" * LIMIT, "c": "x" * LIMIT}, "InputTooLarge"),
        ({"huge": "x" * 1024 * 1024}, "InputTooLarge"),
        ({"zero": "a\0b"}, "NUL character"),
    ],
    ids=["beyond-100KiB", "beyond-256KiB", "1MiB", "NUL"],
)
def test_texts_that_no_variable_can_hold(space: Space, texts: dict[str, str], word: str) -> None:
    space.apply(digests("texts", texts), "--server-side")
    done = space.finish("pipeline/texts")["status"]
    found = json.dumps([done.get("problems"), done.get("failedSteps")])
    assert done["phase"] in ("Failed", "Invalid")
    assert word in found
    assert not space.jobs()


def test_windows_line_ends(space: Space) -> None:
    text = """apiVersion: penstock.dev/v1alpha1
kind: Pipeline
metadata: {name: windows}
spec:
  steps:
    - name: two-lines
      image: localhost/penstock-python:dev
      outputs: [{name: answer, type: Integer}]
      script: |
        n=40
        echo "{\\"answer\\": $((n + 2))}" > "$PENSTOCK_OUTPUTS"
"""
    space.apply(text.replace("\n", "\r\n").encode())
    space.finish("pipeline/windows")
    assert space.step("windows", "two-lines")["outputs"] == {"answer": 42}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (pipeline("x", step("a", imagee="y")), ["unknown field", "spec.steps[0].imagee"]),
        (pipeline("x", step("a"), parallelism="many"), ["spec.parallelism", "integer"]),
        (pipeline("x", step("a", needs=["a"])), ["a step cannot need itself"]),
        (pipeline("x", *({"name": f"s{number}"} for number in range(10_000))), ["spec.steps", "512"]),
        (pipeline("x", {"name": "a", "script": "true", "command": ["true"]}), ["spec.steps[0]", "script"]),
        (pipeline("Not_A_Name", step("a")), ["Not_A_Name"]),
    ],
    ids=["unknown-field", "wrong-type", "self-dependency", "10000-steps", "script-and-command", "name"],
)
def test_the_api_server_refuses_nonsense(space: Space, what: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        space.apply(what)
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_too_many_steps_after_expansion(space: Space) -> None:
    many = step("many", forEach={"vars": [{"name": "i", "range": {"start": 0, "stop": 20_000}}]})
    space.apply(pipeline("many", many))
    done = space.finish("pipeline/many")["status"]
    assert done["phase"] == "Invalid"
    assert {one["reason"] for one in done["problems"]} == {"TooManySteps"}
    assert "10,000" in done["problems"][0]["message"]
    assert not space.steps("many")


def test_a_poisoned_pipeline_harms_no_other(space: Space) -> None:
    for number, expression in enumerate(["steps.", "1 +", "'" * 999, "params.x." * 50]):
        space.apply(pipeline(f"poison-{number}", step("a", when=expression)))
    spin = "[1,2,3,4,5,6,7,8].all(a, " * 8 + "true" + ")" * 8
    space.apply(pipeline("spin", step("a", when=spin)))
    space.apply(pipeline("good", step("a", emit('{"n": 1}'), outputs=[{"name": "n", "type": "Integer"}])))
    assert space.finish("pipeline/good")["status"]["phase"] == "Succeeded"
    for number in range(4):
        done = space.finish(f"pipeline/poison-{number}")["status"]
        assert done["phase"] == "Invalid"
        assert done["problems"][0]["reason"] in ("InvalidExpression", "UnknownParameter")
        assert done["problems"][0]["path"] == "spec.steps[0].when"
    assert space.finish("pipeline/spin")["status"]["phase"] in ("Invalid", "Failed")
