"""When the steps of the scenes waited and ran: `times/NAME.json` as it travels, spread over lines."""

import json
from gzip import compress
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from tests.scenes.scenes import SCENES
from tests.scenes.times import times_of

from penstock.web.wire import Message, encode

HERE = Path(__file__).parent / "times"
RECORDED = ("small", "failing", "undoing", "waiting")


@pytest.mark.parametrize("name", RECORDED)
def test_when_the_steps_of_a_scene_ran(name: str, update_golden: bool) -> None:
    told = json.loads(encode(times_of(SCENES[name]())))
    expected = HERE / f"{name}.json"
    if update_golden:
        bars = ",\n  ".join(json.dumps(bar) for bar in told["bars"])
        expected.write_text(json.dumps({**told, "bars": []}, indent=1).replace("[]", f"[\n  {bars}\n ]") + "\n")
    assert told == json.loads(expected.read_text())


@pytest.mark.parametrize("name", [*RECORDED, "fanout", "large"])
def test_it_is_as_the_format_says(name: str) -> None:
    TypeAdapter[Message](Message).validate_json(encode(times_of(SCENES[name]())), strict=True, extra="forbid")


def test_5000_steps_are_told_in_100_kib() -> None:
    assert len(compress(encode(times_of(SCENES["large"]())), 6)) < 100 * 1024
