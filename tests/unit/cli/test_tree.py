"""The views of a Pipeline as text, compared with what a user should see."""

from typing import Any

from tests.unit.cli.objects import attempt, pipeline, step

from penstock.cli.show.tree import View, show

START = {"startTime": "1970-01-01T00:00:00Z"}


def lines(obj: dict[str, Any], *steps: dict[str, Any], **view: Any) -> str:
    return "\n".join(line.plain for line in show(obj, steps, View(now=90, **view)))


def test_a_pipeline_that_runs() -> None:
    obj = pipeline(
        steps=("prepare", "train", "choose"),
        final=("report",),
        phase="Running",
        progress="1/5",
        revision=2,
        **START,
    )
    shown = lines(
        obj,
        step("choose", needs=("train",)),
        step("prepare", "Succeeded", completionTime="1970-01-01T00:00:30Z", attempts=[attempt(1)], **START),
        step("report"),
        step("train.0", "Running", needs=("prepare",), attempts=[attempt(2)], startTime="1970-01-01T00:00:30Z"),
        step("train.1", "Queued", needs=("prepare",), reason="Parallelism", message="2 of 2 run"),
    )
    assert (
        shown
        == """\
Pipeline:  digits (namespace ml)
Status:    Running
Progress:  1/5 (1 Running, 1 Queued, 2 Pending, 1 Succeeded)
Duration:  90s
Revision:  2

STEP                 STATUS      TRIES   TIME   MESSAGE
✓ prepare            Succeeded   1       30s
● train              Running                    1 Running, 1 Queued
  ● 0                Running     2       60s
  ○ 1                Queued                     Parallelism: 2 of 2 run
· choose             Pending
· report (finally)   Pending"""
    )


def test_what_was_used_of_gpus_in_one_line() -> None:
    held = {"resource": "nvidia.com/gpu", "reservedSeconds": 14400, "busySeconds": 10800, "lostSeconds": 1440}
    shown = lines(pipeline(phase="Succeeded", usage=[held, {**held, "resource": "amd.com/gpu", "reservedSeconds": 0}]))
    assert "Used:      4h of nvidia.com/gpu (75% busy, 10% lost); 0s of amd.com/gpu (0% busy, 0% lost)" in shown
    assert "Used" not in lines(pipeline(phase="Succeeded"))


def test_a_pipeline_that_failed_says_why_and_gives_its_results() -> None:
    obj = pipeline(
        phase="Failed",
        reason="Failed",
        message="step 'a' failed: no disk",
        progress="1/1",
        outputs={"accuracy": 0.97, "label": "ok", "list": [1, 2]},
    )
    failed = step("a", "Failed", reason="Error", message="exit code 3:\n no disk", attempts=[attempt(1)])
    assert (
        lines(obj, failed, wide=True)
        == """\
Pipeline:  digits (namespace ml)
Status:    Failed: step 'a' failed: no disk
Progress:  1/1 (1 Failed)

STEP   STATUS   TRIES   NODE   JOB     MESSAGE
✗ a    Failed   1       n1     job-1   Error: exit code 3: no disk

OUTPUT     VALUE
accuracy   0.97
label      ok
list       [1, 2]"""
    )


def test_an_invalid_pipeline_lists_its_problems() -> None:
    problems = [{"path": "spec.steps[0]", "reason": "Cycle", "message": "a circle"}]
    obj = pipeline(phase="Invalid", reason="Invalid", message="a circle", problems=problems)
    assert (
        lines(obj)
        == """\
Pipeline:  digits (namespace ml)
Status:    Invalid: a circle

PROBLEMS
spec.steps[0]: a circle [Cycle]"""
    )


def test_an_edit_that_waits_is_noted() -> None:
    obj = pipeline(phase="Succeeded")
    obj["metadata"]["generation"] = 2
    assert "Note:      the latest edit has not been taken up yet" in lines(obj)


def test_undo_and_lateness_are_told() -> None:
    undone = {"type": "Undone", "status": "False", "message": "1 of 2 undos failed: deploy"}
    late = {"type": "Late", "status": "True", "message": "step 'train' runs far longer"}
    shown = lines(pipeline(phase="Failed", conditions=[undone, late]))
    assert "Undo:      1 of 2 undos failed: deploy" in shown
    assert "Late:      step 'train' runs far longer" in shown
    quiet = [{**undone, "status": "True", "message": ""}, {**late, "status": "False"}]
    shown = lines(pipeline(phase="Failed", conditions=quiet))
    assert "Undo:      everything was taken back" in shown
    assert "Late:" not in shown


def test_a_rerun_that_named_no_step_is_told() -> None:
    words = "pipeline 'p' has no step 'trian'; did you mean train?"
    rerun = {"type": "Rerun", "status": "False", "message": words}
    assert f"Rerun:     {words}" in lines(pipeline(phase="Succeeded", conditions=[rerun]))


def test_an_undo_that_does_not_start_says_why() -> None:
    undo = {"run": 1, "phase": "Running", "reason": "Starting", "message": "ErrImagePull: no such image"}
    shown = lines(pipeline(), step("a", "Succeeded", run=1, undo=undo))
    assert shown.endswith("undo does not start: ErrImagePull: no such image")


def test_each_step_says_how_its_undo_went() -> None:
    def undone(name: str, phase: str, undo: str, message: str = "", run: int = 2) -> dict[str, Any]:
        reason = "Error" if phase == "Failed" else "Completed"
        return step(name, phase, run=2, reason=reason, undo={"run": run, "phase": undo, "message": message})

    shown = lines(
        pipeline(phase="Failed", steps=("a", "b", "c", "d", "e")),
        undone("a", "Succeeded", "Succeeded"),
        undone("b", "Succeeded", "Failed", "exit code 1"),
        undone("c", "Failed", "Retrying", "exit code 2"),
        undone("d", "Succeeded", "Succeeded", run=1),
        step("e", "Succeeded", run=2),
    )
    assert [line.split(None, 3)[2:] for line in shown.splitlines()[-5:]] == [
        ["Succeeded", "undone"],
        ["Succeeded", "undo failed: exit code 1"],
        ["Failed", "Error; undo is tried again: exit code 2"],
        ["Succeeded"],
        ["Succeeded"],
    ]


def test_large_fan_outs_show_what_matters() -> None:
    steps = [step(f"tune.{at}", "Failed" if at == 77 else "Succeeded") for at in range(100)]
    shown = lines(pipeline(phase="Running"), *steps).splitlines()
    assert any(line.startswith("  ✗ 77") for line in shown)
    assert shown[-1].split() == ["…", "80", "more", "80", "Succeeded"]
    assert len(lines(pipeline(), *steps, expand=True).splitlines()) > 100


def test_a_low_terminal_keeps_what_runs() -> None:
    steps = [step(f"s{at}", "Running" if at == 30 else "Succeeded") for at in range(60)]
    shown = lines(pipeline(phase="Running"), *steps, width=80, height=12)
    assert len(shown.splitlines()) <= 12
    assert "● s30" in shown


def test_an_object_edited_into_nonsense_is_shown_as_far_as_it_goes() -> None:
    obj = pipeline()
    obj["spec"] = {"steps": "none", "finally": [1]}
    obj["status"] = ["?"]
    assert lines(obj, {"metadata": {"name": "x"}, "status": 4}).startswith("Pipeline:  digits")
