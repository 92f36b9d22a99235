"""All that is told of one step."""

from typing import Any

import pytest

from penstock.core.asked.view.detail import MOST, Attempt, Value, detail

STATUS = {
    "run": 2,
    "message": "attempt 1 failed",
    "fingerprint": "f",
    "outputs": {"score": 0.5, "text": "é", "long": "x" * 9999},
    "attempts": [
        {
            "number": 1,
            "start": "2027-01-15T08:00:00Z",
            "end": "2027-01-15T08:01:00Z",
            "reason": "OOMKilled",
            "exitCode": 137,
        },
        {"number": 2, "start": "2027-01-15T08:02:00Z", "node": "gpu-1"},
    ],
    "undo": {"run": 2, "attempts": [{"number": 1}]},
    "results": [{}, {}],
}


def test_attempts_values_and_undo() -> None:
    spec = {
        "image": "i",
        "dependsOn": ["load"],
        "inputs": [{"name": "seed", "value": 7}, {"name": "rows", "from": "load.rows"}],
    }
    found = detail("train", spec, STATUS)
    assert found.message == "attempt 1 failed"
    assert found.attempts == [
        Attempt(1, 1800000000.0, 1800000060.0, "", "OOMKilled", "", 137),
        Attempt(2, 1800000120.0, None, "gpu-1", "", "", None),
    ]
    assert found.inputs == [Value("seed", "7", ""), Value("rows", "", "load.rows")]
    assert [(one.name, one.text) for one in found.outputs[:2]] == [("score", "0.5"), ("text", "é")]
    assert len(found.outputs[2].text) == MOST
    assert [one.number for one in found.undo] == [1]
    assert (found.image, found.needs, found.fingerprint, found.held) == ("i", ["load"], "f", 2)


def test_the_undo_of_an_earlier_run_is_none_of_this() -> None:
    assert detail("train", {}, {**STATUS, "run": 3}).undo == []


@pytest.mark.parametrize(
    "nonsense", [None, [], "x", 7, {"attempts": {}, "outputs": [], "inputs": 1, "undo": 3, "results": ""}]
)
def test_nonsense_says_nothing(nonsense: Any) -> None:
    found = detail("train", nonsense, nonsense)
    assert (found.attempts, found.inputs, found.outputs, found.undo, found.held) == ([], [], [], [], 0)
