"""Inputs and outputs of a step."""

import json
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from penstock_ml import wire

COMPONENTS = Path(__file__).parents[2]


def test_names_become_variables_as_penstock_sets_them(monkeypatch):
    monkeypatch.setenv("INPUT_ACCURACY_A", "0.5")
    assert wire.number("accuracy-a", low=0, high=1) == 0.5


def test_an_empty_input_counts_as_absent(monkeypatch):
    monkeypatch.setenv("INPUT_SEED", "")
    assert wire.integer("seed", default=7) == 7
    with pytest.raises(wire.InputError, match="'seed' is missing"):
        wire.integer("seed")


@pytest.mark.parametrize("raw", ["nan", "inf", "1.01", "-0.1", "much"])
def test_a_number_out_of_range_is_refused(monkeypatch, raw):
    monkeypatch.setenv("INPUT_SHARE", raw)
    with pytest.raises(wire.InputError, match="input 'share'"):
        wire.number("share", low=0, high=1)


@pytest.mark.parametrize("raw", ["1.5", "9" * 500, "-1", "one"])
def test_a_bad_whole_number_is_refused(monkeypatch, raw):
    monkeypatch.setenv("INPUT_SEED", raw)
    with pytest.raises(wire.InputError, match="input 'seed'"):
        wire.integer("seed")


def test_a_choice_names_what_is_possible(monkeypatch):
    monkeypatch.setenv("INPUT_TASK", "Author")
    with pytest.raises(wire.InputError, match="must be one of Language, Subject"):
        wire.text("task", choices=("Language", "Subject"))


@pytest.mark.parametrize("raw", ["de", '{"de": 1}', "[1]"])
def test_a_list_of_texts_is_json(monkeypatch, raw):
    monkeypatch.setenv("INPUT_LANGUAGES", raw)
    with pytest.raises(wire.InputError, match="list of texts"):
        wire.texts("languages")


def test_an_artifact_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv("INPUT_MODEL", str(tmp_path / "model"))
    with pytest.raises(wire.InputError, match="where there is nothing"):
        wire.artifact("model")


def test_what_a_fan_out_made_is_a_list_in_which_what_it_did_not_make_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("INPUT_MODELS", json.dumps([str(tmp_path), None]))
    assert wire.artifacts("models") == [tmp_path, None]
    monkeypatch.setenv("INPUT_MODELS", str(tmp_path))
    assert wire.artifacts("models") == [tmp_path]
    monkeypatch.setenv("INPUT_MODELS", "")
    assert wire.artifacts("models") == []


@pytest.mark.parametrize("raw", ["[1", '["/nowhere"]'])
def test_artifacts_that_are_none_are_refused(monkeypatch, raw):
    monkeypatch.setenv("INPUT_MODELS", raw)
    with pytest.raises(wire.InputError, match="input 'models'"):
        wire.artifacts("models")


def test_a_list_of_numbers_keeps_to_its_bounds(monkeypatch):
    monkeypatch.setenv("INPUT_SHARES", "[0.5, null, 1]")
    assert wire.numbers("shares", low=0, high=1) == [0.5, None, 1]
    for raw in ("[2]", "[NaN]", '["1"]', "[true]", "0.5", "[0.5"):
        monkeypatch.setenv("INPUT_SHARES", raw)
        with pytest.raises(wire.InputError, match="input 'shares'"):
            wire.numbers("shares", low=0, high=1)


def test_outputs_are_written_in_place(monkeypatch, tmp_path):
    path = tmp_path / "termination-log"
    path.write_text("left over from before, and longer than what comes")
    before = path.stat().st_ino
    monkeypatch.setenv("PENSTOCK_OUTPUTS", str(path))
    wire.write({"name": "größe", "value": 0.5})
    assert json.loads(path.read_text(encoding="utf-8")) == {"name": "größe", "value": 0.5}
    assert path.stat().st_ino == before


def test_outputs_that_would_not_fit_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PENSTOCK_OUTPUTS", str(tmp_path / "outputs"))
    wire.write({"v": "x" * (wire.MAX_OUTPUT_BYTES - len('{"v": ""}'))})
    with pytest.raises(wire.InputError, match="at most 4096"):
        wire.write({"v": "ü" * (wire.MAX_OUTPUT_BYTES // 2)})


def test_attempts_of_a_run_have_a_trace_in_common(monkeypatch):
    monkeypatch.delenv("TRACEPARENT", raising=False)
    assert wire.trace() == ""
    monkeypatch.setenv("TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert wire.trace() == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_bad_input_ends_the_program_with_one_line_and_exit_code_2(tmp_path):
    sources = ":".join(str(folder) for folder in COMPONENTS.glob("*/src"))
    result = subprocess.run(
        [sys.executable, "-m", "prepare_digits"],
        env={"PYTHONPATH": sources, "INPUT_SEED": "x", "OUTPUT_DATASET": str(tmp_path / "dataset")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == "error: input 'seed' is 'x', but must be a whole number\n"


def test_a_time_is_one_with_a_zone_or_has_that_of_the_step(monkeypatch):
    monkeypatch.setenv("INPUT_NOW", "2026-11-30T13:00:00.5+01:00")
    assert wire.stamp(wire.instant("now")) == "2026-11-30T12:00:00Z"
    monkeypatch.setenv("INPUT_NOW", "2026-11-30T13:00:00")
    assert wire.stamp(wire.instant("now", zone=UTC)) == "2026-11-30T13:00:00Z"
    with pytest.raises(wire.InputError, match="has no zone"):
        wire.instant("now")
    monkeypatch.setenv("INPUT_NOW", "noon")
    with pytest.raises(wire.InputError, match="must be a time"):
        wire.instant("now", zone=UTC)
    monkeypatch.setenv("INPUT_NOW", "")
    assert wire.instant("now").tzinfo is UTC
