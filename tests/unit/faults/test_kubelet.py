"""What the simulated kubelet reads in a container, and what a Pipeline's end state is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.faults.ends import end_state, reduced
from tests.faults.history import History, Version
from tests.faults.kubelet import filled, script_of
from tests.faults.scenario import Same


@pytest.mark.parametrize(
    ("container", "script"),
    [
        ({"command": ["sh", "-c", '{"after": 1}']}, {"after": 1}),
        ({"command": ["sh", "-c", '{"says": "$$x"}']}, {"says": "$x"}),
        ({"command": ["sh"], "args": ["echo"]}, {}),
        ({"command": ["sh", "-c", "[1]"]}, {}),
        ({}, {}),
    ],
)
def test_the_script_is_the_last_word(container: dict[str, Any], script: dict[str, Any]) -> None:
    assert script_of(container) == script


def test_outputs_are_made_of_inputs() -> None:
    given = {"INPUT_A": "[1, 2]", "INPUT_B": "text"}
    assert filled({"a": "$INPUT_A", "b": ["$INPUT_B"], "c": 7}, given) == {"a": [1, 2], "b": ["text"], "c": 7}
    number = filled("#", given)
    assert number == filled("#", dict(reversed(given.items()))) != filled("#", {"INPUT_A": "[1]"})
    assert filled("#2", given) == [number, number + 1]


def state(*, reason: str = "Completed", attempts: tuple[str, ...] = ("",)) -> dict[str, Any]:
    history = History()
    status = {
        "phase": "Succeeded",
        "reason": reason,
        "outputs": {"v": 1},
        "attempts": [{"number": number, "exitCode": 0, "reason": why} for number, why in enumerate(attempts)],
    }
    for kind, name in (("Pipeline", "p"), ("Step", "p.a")):
        item = {"metadata": {"name": name, "uid": name, "generation": 1}, "status": {**status, "observedGeneration": 1}}
        history.take(Version(0.0, (0, 1), kind, json.loads(json.dumps(item))))
    return end_state(history)


def test_disruptions_are_no_difference() -> None:
    assert state(attempts=("Disrupted", "Lost", "")) == state()
    assert state(attempts=("Error", "")) != state()


def test_how_much_must_be_the_same() -> None:
    assert state(reason="Reused") != state()
    assert reduced(state(reason="Reused"), Same.RESULTS) == reduced(state(), Same.RESULTS)
    assert "outputs" not in reduced(state(), Same.PHASES)["steps"]["p.a"]


def test_what_ran_before_an_edit_that_is_wrong_is_no_difference() -> None:
    ran, never = state(), state()
    for one in (ran, never):
        one["pipelines"]["p"] |= {"phase": "Invalid", "problems": ["spec.steps Cycle"]}
    never["steps"] = {}
    never["pipelines"]["p"] |= {"outputs": None}
    assert reduced(ran, Same.RESULTS) == reduced(never, Same.RESULTS)
    never["pipelines"]["p"] |= {"problems": []}
    assert reduced(ran, Same.RESULTS) != reduced(never, Same.RESULTS)
