"""Pipelines in tests: what a fake is given and leaves, when it ends, and what is told of it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import pytest

from penstock.cluster.failure import Failure
from penstock.local.folder import Folder
from penstock.local.journal import read
from penstock.testing import Crash, Fake, Lost, OutOfMemory, Result, Script, Unfinished, run

HOUR = 3600.0


def pipeline(*steps: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Pipeline of steps that only their images could run."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "p"},
        "spec": {"defaults": {"image": "registry.example.com/i:1"}, **spec, "steps": list(steps)},
    }


def step(name: str, **fields: Any) -> dict[str, Any]:
    """A step without a command."""
    return {"name": name, **fields}


def outputs(**types: str) -> list[dict[str, str]]:
    """Declarations."""
    return [{"name": name, "type": kind} for name, kind in types.items()]


ARTIFACTS = {"storage": {"claim": {"size": "1Gi"}}}


# --- what a fake is given, and what it leaves -------------------------------------------------------------------------


def test_a_function_gets_inputs_as_python_has_them_and_returns_outputs() -> None:
    seen: dict[str, Any] = {}

    def train(rows: int, rate: float, names: list[str], quiet: bool, the_text: str, step: str, attempt: int) -> float:
        seen.update({name: value for name, value in locals().items() if name != "seen"})
        return rate * rows

    values = {"rows": 3, "rate": 0.5, "names": ["a", "b"], "quiet": True, "the-text": "$(x) 7"}
    inputs = [{"name": name, "value": value} for name, value in values.items()]
    made = pipeline(
        step("train", inputs=inputs, outputs=outputs(score="Number")),
        outputs=[{"name": "score", "from": "train.score"}],
    )
    result = run(made, replace={"train": train})
    assert result.phase == "Succeeded", result
    assert result.outputs == {"score": 1.5}
    assert seen == {
        "rows": 3, "rate": 0.5, "names": ["a", "b"], "quiet": True, "the_text": "$(x) 7", "step": "train", "attempt": 1,
    }  # fmt: skip


def test_contents_of_artifacts_are_told_and_take_no_time(tmp_path: Path) -> None:
    made = pipeline(
        step("make", outputs=outputs(model="Artifact")), storage={"claim": {"size": "1Gi"}, "digests": True}
    )
    result = run(made, replace={"make": Fake({"model": "abc"}, seconds=HOUR)}, folder=tmp_path)
    assert result.seconds == pytest.approx(HOUR, abs=5)
    steps = read(Folder(tmp_path).journal)
    (contents,) = [obj["status"]["contents"] for key, obj in steps.items() if key[0] == "steps"]
    assert contents == {"model": {"sha256": hashlib.sha256(b"abc").hexdigest(), "bytes": 3}}


def test_artifacts_are_paths_and_a_fan_out_gives_a_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("w")
    found = []

    def join(parts: list[Path], model: Path) -> str:
        found.append(((model / "weights").read_text(), [one.read_text() for one in parts]))
        return "joined"

    made = pipeline(
        step("make", outputs=outputs(model="Artifact")),
        step(
            "copy",
            forEach={"vars": [{"name": "n", "range": {"stop": 2}}]},
            inputs=[{"name": "n", "each": "n"}],
            outputs=outputs(part="Artifact"),
        ),
        step(
            "join",
            inputs=[{"name": "parts", "from": "copy.part"}, {"name": "model", "from": "make.model"}],
            outputs=outputs(text="Artifact"),
        ),
        outputs=[{"name": "text", "from": "join.text"}],
        **ARTIFACTS,
    )
    result = run(made, replace={"make": {"model": tmp_path / "model"}, "copy": lambda n: f"part {n}", "join": join})
    assert result.phase == "Succeeded", result
    assert found == [("w", ["part 0", "part 1"])]
    assert result.outputs["text"].read_text() == "joined"
    assert result.steps["copy.1"].outputs["part"].read_text() == "part 1"


def test_outputs_that_a_fake_does_not_name_say_nothing() -> None:
    kinds = outputs(s="String", i="Integer", n="Number", b="Boolean", l="List", o="Object", a="Artifact")
    result = run(pipeline(step("a", outputs=kinds), **ARTIFACTS), replace={"a": {"i": 7}})
    found = dict(result.steps["a"].outputs)
    assert found.pop("a").read_bytes() == b""
    assert found == {"s": "", "i": 7, "n": 0, "b": False, "l": [], "o": {}}


def test_a_function_that_leaves_an_output_out_fails_as_its_container_would() -> None:
    made = pipeline(step("a", outputs=outputs(x="Integer", y="Integer")))
    assert run(made, replace={"a": lambda: {"x": 1}}).steps["a"].reason == "OutputsInvalid"
    assert run(made, replace={"a": lambda: {"x": 1, "y": "no"}}).steps["a"].reason == "OutputsInvalid"


class Scored(NamedTuple):
    macro_f1: float
    model: str


def test_outputs_may_be_named_as_python_names_them() -> None:
    made = pipeline(step("a", outputs=outputs(**{"macro-f1": "Number", "model": "String"})))
    for does in (lambda: Scored(0.5, "m"), lambda: {"macro_f1": 0.5, "model": "m"}, {"macro-f1": 0.5, "model": "m"}):
        assert run(made, replace={"a": does}).steps["a"].outputs == {"macro-f1": 0.5, "model": "m"}


def test_an_instance_goes_before_its_step_and_both_before_patterns() -> None:
    each = {"vars": [{"name": "n", "range": {"stop": 2}}]}
    made = pipeline(
        step("score", forEach=each, inputs=[{"name": "n", "each": "n"}], outputs=outputs(x="Integer")),
        step("scale", outputs=outputs(x="Integer")),
    )
    result = run(made, replace={"*": None, "s*": {"x": 1}, "score": {"x": 2}, "score.1": {"x": 3}})
    assert [result.steps[name].outputs["x"] for name in ("scale", "score.0", "score.1")] == [1, 2, 3]


def test_a_mock_is_called_with_all_inputs() -> None:
    deploy = Mock(return_value={})
    run(pipeline(step("deploy", inputs=[{"name": "model", "value": "m"}])), replace={"deploy": deploy})
    deploy.assert_called_once_with(model="m", step="deploy", attempt=1)


def test_a_script_stands_for_a_step_and_what_is_not_replaced_runs_itself(tmp_path: Path) -> None:
    say = 'printf \'{"x": %s}\' "$INPUT_N" > "$PENSTOCK_OUTPUTS"'
    inputs = [{"name": "n", "value": 4}]
    made = pipeline(
        step("a", inputs=inputs, outputs=outputs(x="Integer")),
        step("b", script="echo own > b", needs=["a"]),
        step("c", inputs=inputs, needs=["b"], outputs=outputs(x="Integer")),
    )
    python = Script("import os; open(os.environ['PENSTOCK_OUTPUTS'], 'w').write('{\"x\": 5}')", ["python3", "-c"])
    result = run(made, replace={"a": Fake(say, seconds=HOUR), "c": python}, folder=tmp_path)
    assert result.phase == "Succeeded", result
    assert (result.steps["a"].outputs, result.steps["c"].outputs) == ({"x": 4}, {"x": 5})
    assert (tmp_path / "b").read_text() == "own\n"
    assert HOUR <= result.seconds < HOUR + 300


def test_a_fake_needs_no_secret_and_no_volume() -> None:
    secret = {"secretKeyRef": {"name": "s", "key": "k"}}
    volumes = {"volumes": [{"name": "v", "emptyDir": {}}], "volumeMounts": [{"name": "v", "mountPath": "/data"}]}
    one = step("a", env=[{"name": "K", "valueFrom": secret}], envFrom=[{"configMapRef": {"name": "c"}}], pod=volumes)
    assert run(pipeline(one), replace={"a": None}).phase == "Succeeded"


def test_parameters_are_values() -> None:
    made = pipeline(
        step("a", inputs=[{"name": "n", "param": "n"}], outputs=outputs(n="List")),
        params=[{"name": "n", "type": "List", "value": []}],
    )
    assert run(made, params={"n": [1, "2"]}, replace={"a": lambda n: {"n": n}}).steps["a"].outputs == {"n": [1, "2"]}
    with pytest.raises(Failure, match="expected List, got String"):
        run(made, params={"n": "[1]"}, replace={"a": None})


# --- time, failures ---------------------------------------------------------------------------------------------------


def chain(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """Steps, one after the other."""
    return [step(name, **fields, **({"needs": [names[n - 1]]} if n else {})) for n, name in enumerate(names)]


def test_hours_are_over_in_a_moment() -> None:
    began = time.process_time()
    result = run(pipeline(*chain(*"abcdef")), replace={"*": Fake(seconds=HOUR)})
    assert time.process_time() - began < 10
    assert result.seconds == pytest.approx(6 * HOUR, abs=1)
    assert result.order == list("abcdef")
    assert [round(one.started) for one in result.attempts] == [n * 3600 for n in range(6)]
    assert [(one.code, one.reason) for one in result.attempts] == [(0, "Completed")] * 6


def test_an_attempt_that_fails_is_made_again_after_its_pause() -> None:
    retry = {"limit": 2, "backoff": {"initial": "10m", "factor": 2, "max": "1h"}}
    flaky = Fake({"x": 1}, seconds=60, fails=[Crash(3, "disk on fire"), Crash(4)])
    result = run(pipeline(step("a", retry=retry, outputs=outputs(x="Integer"))), replace={"a": flaky})
    assert [(one.number, one.code) for one in result.steps["a"].attempts] == [(1, 3), (2, 4), (3, 0)]
    assert result.seconds == pytest.approx(60 * 3 + 600 + 1200, rel=0.3), "pauses are spread"
    failed = run(pipeline(step("a")), replace={"a": Fake(fails=[Crash(3, "disk on fire")])})
    assert (failed.phase, failed.steps["a"].reason) == ("Failed", "Error")
    assert failed.steps["a"].message == "exit code 3: disk on fire"


def test_a_lost_node_takes_no_retry() -> None:
    result = run(pipeline(step("a", retry={"limit": 0})), replace={"a": Fake(fails=[Lost(), Lost()])})
    assert (result.phase, len(result.attempts)) == ("Succeeded", 3), result


def test_memory_grows_after_it_was_too_little() -> None:
    retry = {"limit": 2, "backoff": {"initial": "1s", "max": "1s"}, "memory": {"factor": 2, "max": "4Gi"}}
    one = step("a", retry=retry, resources={"requests": {"memory": "1Gi"}})
    result = run(pipeline(one), replace={"a": Fake(fails=[OutOfMemory()])})
    assert result.phase == "Succeeded", result
    assert [one.requests["memory"] // 1000 for one in result.attempts] == [1 << 30, 2 << 30]
    assert result.peak("memory") == 2 << 30


def test_a_function_fails_by_a_crash_or_as_a_program_exits_and_all_else_ends_the_test() -> None:
    def crash(how: BaseException) -> Result:
        return run(pipeline(step("a")), replace={"a": Mock(side_effect=how)})

    assert crash(Crash(9, "no")).steps["a"].message == "exit code 9: no"
    assert crash(SystemExit(5)).attempts[0].code == 5
    assert crash(SystemExit("no data")).steps["a"].message == "exit code 1: no data"
    assert crash(SystemExit()).phase == "Succeeded"
    with pytest.raises(AssertionError, match="wrong model"):
        crash(AssertionError("wrong model"))
    with pytest.raises(KeyError):
        crash(KeyError("x"))


def test_what_takes_too_long_is_ended_at_its_timeout_and_does_nothing() -> None:
    never = Mock()
    result = run(pipeline(step("a", timeout="2h")), replace={"a": Fake(never, seconds=3 * HOUR)})
    assert (result.phase, result.steps["a"].reason) == ("Failed", "Deadline")
    assert result.seconds == pytest.approx(2 * HOUR, abs=2)
    never.assert_not_called()


def test_the_timeout_of_a_pipeline_ends_it_and_finally_runs() -> None:
    made = pipeline(*chain("a", "b"), timeout="90m", **{"finally": [step("last")]})
    result = run(made, replace={"*": Fake(seconds=HOUR), "last": None})
    assert (result.phase, result.reason) == ("Failed", "TimedOut"), result
    assert result.order == ["a", "b", "last"]
    assert result.seconds == pytest.approx(1.5 * HOUR, abs=5)


def test_a_pipeline_that_is_cancelled_starts_nothing_more_but_finally() -> None:
    made = pipeline(*chain("a", "b", "c"), **{"finally": [step("last")]})
    result = run(made, replace={"*": Fake(seconds=HOUR), "last": None}, cancel=1.5 * HOUR)
    assert result.phase == "Cancelled", result
    assert result.order == ["a", "b", "last"]
    assert [one.code for one in result.attempts] == [0, 143, 0]


# --- undo, approvals, room --------------------------------------------------------------------------------------------


def test_undo_goes_backwards_and_its_fakes_see_what_was_done() -> None:
    took = []
    undo = {"command": ["take-back"]}
    made = pipeline(
        *chain("a", "b", outputs=outputs(name="String"), undo=undo), step("c", needs=["b"]), onFailure="Undo"
    )
    result = run(
        made,
        replace={"a": Fake({"name": "A"}, 60), "b": Fake({"name": "B"}, 60), "c": Fake(fails=[Crash()])},
        undo={"*": lambda name, step: took.append((step, name))},
    )
    assert result.phase == "Failed"
    assert result.undone == ["b", "a"]
    assert took == [("b", "B"), ("a", "A")]
    assert result.steps["a"].undone
    failed = run(made, replace={"a": None, "b": None, "c": Fake(fails=[Crash()])}, undo={"*": Fake(fails=[Crash(7)])})
    assert not failed.steps["a"].undone


def asked(**approval: Any) -> dict[str, Any]:
    """A Pipeline that asks before it goes on."""
    return pipeline(step("ask", approval={"message": "go?", **approval}), step("b", needs=["ask"]))


def test_approvals_are_decided_at_once_or_later_or_not_at_all() -> None:
    assert run(asked(), replace={"b": None}, approve=["ask"]).order == ["b"]
    later = run(asked(timeout="2h"), replace={"b": None}, approve={"ask": HOUR})
    assert later.phase == "Succeeded", later
    assert later.seconds == pytest.approx(HOUR, abs=2)
    rejected = run(asked(), replace={"b": None}, reject=["ask"])
    assert (rejected.phase, rejected.steps["ask"].reason) == ("Failed", "Rejected")
    for answers in ({}, {"ask": 3 * HOUR}):
        late = run(asked(timeout="2h"), replace={"b": None}, approve=answers)
        assert late.steps["ask"].reason == "ApprovalTimedOut", late
        assert late.seconds == pytest.approx(2 * HOUR, abs=2)
    with pytest.raises(Unfinished, match="WaitingForApproval"):
        run(asked(), replace={"b": None})
    with pytest.raises(Unfinished):
        run(pipeline(step("a"), suspend=True), replace={"a": None})


def test_no_more_gpus_are_taken_than_there_are() -> None:
    each = {"vars": [{"name": "n", "range": {"stop": 6}}]}
    tune = step("tune", forEach=each, resources={"limits": {"nvidia.com/gpu": "2"}})
    result = run(pipeline(tune, step("other")), replace={"*": Fake(seconds=HOUR)}, capacity={"nvidia.com/gpu": "5"})
    assert result.peak("nvidia.com/gpu") == 4
    assert (result.peak(), result.peak(steps="tune.*"), result.peak(steps="other")) == (3, 2, 1)
    assert result.seconds == pytest.approx(3 * HOUR, abs=5)
    assert (
        run(pipeline(tune), replace={"*": None}, capacity={"nvidia.com/gpu": "1"}).steps["tune.0"].reason == "NeverFits"
    )


def test_a_gang_is_one_attempt_with_the_room_of_all_its_pods() -> None:
    gang = step("train", replicas=3, resources={"limits": {"nvidia.com/gpu": "2"}})
    result = run(pipeline(gang), replace={"train": Fake(seconds=HOUR)})
    assert result.phase == "Succeeded", result
    assert result.peak("nvidia.com/gpu") == 6


# --- a second run -----------------------------------------------------------------------------------------------------


def test_a_second_run_in_a_folder_takes_up_what_was_done(tmp_path: Path) -> None:
    def made(rate: float) -> dict[str, Any]:
        return pipeline(
            step("prepare", outputs=outputs(data="Artifact")),
            step("train", inputs=[{"name": "data", "from": "prepare.data"}, {"name": "rate", "value": rate}]),
            **ARTIFACTS,
        )

    def again(rate: float) -> list[str]:
        return run(made(rate), replace={"*": Fake(seconds=HOUR)}, folder=tmp_path).order

    assert again(0.1) == ["prepare", "train"]
    assert again(0.1) == []
    assert again(0.2) == ["train"]
    assert again(0.1) == []


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, "only their images, or several pods, can run these steps; replace train"),
        ({"replace": {"trian": None}}, "replace: 'trian': no step that runs is called so; did you mean 'train'"),
        ({"replace": {"train": None}, "undo": {"train": None}}, "undo: 'train': no step that has an undo"),
        ({"replace": {"train": None}, "approve": ["train"]}, "no approval is called train; there is: none"),
    ],
)
def test_names_that_fit_nothing_are_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(pipeline(step("train")), **how)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (lambda model: None, "the function that stands for 'a' asks for model, and there is: step, attempt, rows"),
        (lambda: {"y": 1}, "what stands for 'a' gives y, and the outputs are: x"),
        ({"y": 1}, "what stands for 'a' gives y, and the outputs are: x"),
        (lambda: {"x": 3}, "an Artifact is a text, bytes or a Path, and 3 is none of them"),
    ],
)
def test_a_fake_that_cannot_be_says_why(does: Any, words: str) -> None:
    made = pipeline(
        step("a", inputs=[{"name": "rows", "value": 1}], outputs=outputs(x="Artifact")),
        **ARTIFACTS,
    )
    with pytest.raises(TypeError, match=words):
        run(made, replace={"a": does})
    with pytest.raises(TypeError, match="and this is a int"):
        Fake(3)  # type: ignore[arg-type]


def test_the_clock_of_the_engine_is_its_own_again_afterwards() -> None:
    from penstock.engine import clock

    run(pipeline(step("a")), replace={"a": Fake(seconds=HOUR)})
    assert abs(clock.now() - time.time()) < 60
