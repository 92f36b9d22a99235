"""A run that is killed at any point, and run again, ends as one that was not."""

from __future__ import annotations

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from penstock.local.journal import HEAD, read
from penstock.local.objects import Key, Object
from tests.local.project import CANCELS, ENDS, Project, killed_unrecorded, penstock, pipeline, press, step, until

BACKOFF = {"initial": "1ms", "max": "1ms"}

GOOD = pipeline(
    step("make", "echo 3 > $OUTPUT_A; printf '{\"n\": 2}' > $PENSTOCK_OUTPUTS", outputs=[
        {"name": "n", "type": "Integer"}, {"name": "a", "type": "Artifact"},
    ]),
    step(
        "each",
        "cat $INPUT_A > $OUTPUT_B",
        inputs=[{"name": "a", "from": "make.a"}],
        outputs=[{"name": "b", "type": "Artifact"}],
        forEach={"vars": [{"name": "i", "range": {"start": 0, "stop": 2}}]},
    ),
    step("never", "true", when="steps.make.outputs.n > 2"),
    {"name": "twice", "script": 'test "$PENSTOCK_ATTEMPT" -ge 2', "retry": {"limit": 5, "backoff": BACKOFF}},
    storage={"claim": {"size": "1Gi"}},
    outputs=[{"name": "n", "from": "make.n"}],
    **{"finally": [step("last")]},
)  # fmt: skip

BAD = pipeline(
    step("first", undo={"script": "true"}),
    step("second", needs=["first"], undo={"script": "true"}),
    step("third", "exit 3", needs=["second"]),
    onFailure="Undo",
)


def end(objects: dict[Key, Object]) -> dict[str, object]:
    """What there is at the end, less what a crash may change: names, instants, and how often something was tried."""
    found: dict[str, object] = {}
    for (plural, _, name), obj in objects.items():
        status = obj.get("status") or {}
        if plural == "pipelines":
            keep = ("phase", "revision", "round", "outputs", "reason", "counts", "failedSteps")
            found[name] = {key: status.get(key) for key in keep}
        elif plural == "steps":
            undo = status.get("undo") or {}
            made = (status.get("outputs") or {}).items()
            outputs = {key: re.sub(r"[0-9a-f]{8}|\d+-\d+", "#", str(value)) for key, value in made}
            found[name] = (status["phase"], status.get("reason"), outputs, undo.get("phase"))
    return found


def test_the_end_is_the_same_wherever_the_journal_ends(tmp_path: Path) -> None:
    """Each line of the journal is cut off in turn, with half of the next one left: that is what a crash leaves.

    What ran meanwhile has left its artifacts; what a crash leaves running is for the next test.
    """
    cuts = 0
    for name, made, code in (("good", GOOD, 0), ("bad", BAD, 1)):
        clean = Project(tmp_path / name)
        clean.path.mkdir()
        assert clean.run(made) == code
        wanted = end(clean.objects)
        lines = (clean.path / ".penstock/journal").read_bytes().splitlines(keepends=True)
        assert lines[0] == HEAD
        for kept in range(1, len(lines)):
            again = Project(tmp_path / "again")
            shutil.copytree(clean.path, again.path)
            torn = lines[kept][: len(lines[kept]) // 2]
            (again.path / ".penstock/journal").write_bytes(b"".join(lines[:kept]) + torn)
            assert again.run(made) == code, kept
            assert end(again.objects) == wanted, kept
            shutil.rmtree(again.path)
            cuts += 1
    assert cuts > 60


SLOW = """
apiVersion: penstock.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  defaults: {image: i}
  steps:
    - name: slow
      script: |
        echo begin $$ >> ran
        while test ! -e go; do sleep 0.05; done
        echo end $$ >> ran
    - name: after
      needs: [slow]
      script: echo after >> ran
"""


def test_what_a_kill_leaves_running_is_ended_before_it_runs_again(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(SLOW)
    ran = tmp_path / "ran"
    first = penstock(tmp_path, "run", "p.yaml")
    until(ran.exists)
    first.send_signal(signal.SIGKILL)
    first.wait()
    (left,) = (line.split()[1] for line in ran.read_text().splitlines())
    assert Path(f"/proc/{left}").exists(), "the step goes on though nobody waits for it"
    again = penstock(tmp_path, "run", "p.yaml")
    until(lambda: ran.read_text().count("begin") == 2)
    (tmp_path / "go").touch()
    assert again.wait(120) == 0
    words = [line.split()[0] for line in ran.read_text().splitlines()]
    assert words == ["begin", "begin", "end", "after"], "the one that was left has not ended beside the other"
    step = read(tmp_path / ".penstock/journal")["steps", "default", "p.slow"]["status"]
    assert [one.get("reason") for one in step["attempts"]] == ["Disrupted", None]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks for processes")
def test_nothing_runs_that_is_not_on_record(tmp_path: Path) -> None:
    """A kill between the making of a process and the word for it to go on."""
    (tmp_path / "p.yaml").write_text(SLOW)
    killed_unrecorded(tmp_path)
    time.sleep(0.3)
    assert not (tmp_path / "ran").exists()


def test_another_run_in_that_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(SLOW)
    first = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    second = penstock(tmp_path, "run", "p.yaml")
    said = second.communicate(timeout=120)[0].decode()
    assert second.returncode == 1
    assert f"process {first.pid} runs pipelines in" in said
    (tmp_path / "go").touch()
    assert first.wait(120) == 0


def test_ctrl_c_waits_for_what_runs_and_the_next_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(SLOW)
    first = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    press(first, CANCELS)
    (tmp_path / "go").touch()
    said = first.communicate(timeout=120)[0].decode()
    assert first.returncode == 130
    assert "the same command goes on from here" in said
    assert penstock(tmp_path, "run", "p.yaml").wait(120) == 0
    assert [line.split()[0] for line in (tmp_path / "ran").read_text().splitlines()] == ["begin", "end", "after"]


def test_ctrl_c_twice_cancels(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(SLOW)
    first = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    press(first, CANCELS)
    press(first, ENDS)
    assert first.wait(120) == 2
    (tmp_path / "go").touch()
    assert penstock(tmp_path, "run", "p.yaml").wait(120) == 0
    words = [line.split()[0] for line in (tmp_path / "ran").read_text().splitlines()]
    assert words == ["begin", "begin", "end", "after"]


def test_ctrl_c_three_times_ends_all_at_once(tmp_path: Path) -> None:
    made = SLOW.replace("echo begin", "trap '' TERM; echo begin")
    (tmp_path / "p.yaml").write_text(made)
    first = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    press(first, CANCELS)
    press(first, ENDS)
    press(first)
    assert first.wait(20) == 130
