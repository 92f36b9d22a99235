"""What a page is told of the scenes: `wire/NAME.json` as it travels, spread over lines. A page is tried on the same."""

import json
from gzip import compress
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from tests.scenes.scenes import SCENES
from tests.scenes.wire import snapshot_of

from penstock.web import generate
from penstock.web.wire import Message, encode

HERE = Path(__file__).parent / "wire"
RECORDED = ("small", "failing", "undoing", "waiting", "hostile")


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_told_of_a_scene(name: str, update_golden: bool) -> None:
    told = json.loads(encode(snapshot_of(SCENES[name]())))
    expected = HERE / f"{name}.json"
    if update_golden:
        expected.write_text(json.dumps(told, indent=1) + "\n")
    assert told == json.loads(expected.read_text())


@pytest.mark.parametrize("name", [*RECORDED, "large"])
def test_it_is_as_the_format_says(name: str) -> None:
    told = encode(snapshot_of(SCENES[name]()))
    TypeAdapter[Message](Message).validate_json(told, strict=True, extra="forbid")


def test_5000_steps_are_told_in_140_kib() -> None:
    snapshot = snapshot_of(SCENES["large"]())
    assert len(snapshot.steps.paths) == 5000
    assert len(compress(encode(snapshot), 6)) < 140 * 1024


def test_the_schema_is_that_of_the_models() -> None:
    assert (generate.CHECKOUT / generate.PLACE).read_text() == generate.text(), "run `make generate`"
