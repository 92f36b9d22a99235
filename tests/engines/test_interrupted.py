"""`penstock run` that is killed or interrupted, and an engine whose command is, while steps run in containers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from penstock.local.journal import read
from tests.cluster.images import PYTHON
from tests.engines.conftest import containers, none_left, processes
from tests.local.project import CANCELS, ENDS, killed_unrecorded, penstock, pipeline, press, step, until

POD = {
    "volumes": [{"name": "e", "emptyDir": {}}],
    "volumeMounts": [{"name": "e", "mountPath": "/data"}],
}
SLOW = step(
    "slow", "trap 'exit 143' TERM; echo begin; while test ! -e /data/go; do sleep 0.05; done; echo end", pod=POD
)
Run = Callable[[], subprocess.Popen[bytes]]
AFTER = step("after", "echo after", needs=["slow"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a step that waits for a word."""
    made = pipeline(SLOW, AFTER, defaults={"image": PYTHON})
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(made))
    return tmp_path


@pytest.fixture
def run(folder: Path, engine: str) -> Iterator[Run]:
    """`penstock run` in it; of one that a failed test leaves, nothing goes on."""
    begun: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        begun.append(penstock(folder, "run", "p.yaml", by=engine))
        return begun[-1]

    yield run
    for one in begun:
        if one.poll() is None:
            one.kill()
            subprocess.run([engine, "rm", "--force", *containers(engine)], check=False, capture_output=True)


def logs(folder: Path) -> dict[Path, str]:
    """What the steps have written; some may go meanwhile, with their pods."""
    found = {}
    for log in folder.glob(".penstock/pods/*/log"):
        with suppress(FileNotFoundError):
            found[log] = log.read_text()
    return found


def begun(run: subprocess.Popen[bytes], folder: Path, but: Path | None = None) -> Path:
    """Waits until the step has begun, and returns its log. `but`: that of an earlier attempt."""
    found: list[Path] = []

    def has_begun() -> bool:
        found[:] = [log for log, text in logs(folder).items() if log != but and "begin" in text]
        return bool(found) or run.poll() is not None

    until(has_begun)
    assert found, run.stdout and run.stdout.read().decode()
    return found[0]


def let_go(folder: Path) -> None:
    """Gives the word to all that wait."""
    for place in folder.glob(".penstock/pods/*/volumes/e"):
        (place / "go").touch()


def attempts(folder: Path) -> list[str | None]:
    """The reasons of the attempts of the step that waits."""
    status = read(folder / ".penstock/journal")["steps", "default", "p.slow"]["status"]
    return [one.get("reason") for one in status["attempts"]]


def test_what_a_kill_leaves_running_is_ended_before_it_runs_again(folder: Path, engine: str, run: Run) -> None:
    first = run()
    log = begun(first, folder)
    first.kill()
    first.wait()
    (left,) = containers(engine)
    again = run()
    begun(again, folder, but=log)
    assert left not in containers(engine), "the one that was left has not ended beside the other"
    let_go(folder)
    assert again.wait(120) == 0, again.stdout and again.stdout.read()
    assert attempts(folder) == ["Disrupted", None]


def test_one_that_was_made_and_is_not_on_record_runs_once(folder: Path, engine: str, run: Run) -> None:
    """A kill between the making of a container and the word for it to begin."""
    killed_unrecorded(folder, by=engine)
    assert len(containers(engine)) == 1
    assert logs(folder) == {}
    again = run()
    begun(again, folder)
    let_go(folder)
    assert again.wait(120) == 0
    assert attempts(folder) == [None]


def test_one_whose_command_was_killed_is_waited_for(folder: Path, engine: str, run: Run) -> None:
    """As when the engine's service starts anew and leaves its containers running: they have not ended."""
    one = run()
    begun(one, folder)
    (number,) = [number for number, words in processes().items() if " --attach " in words]
    os.kill(number, signal.SIGKILL)
    time.sleep(1)
    assert len(containers(engine)) == 1
    let_go(folder)
    assert one.wait(120) == 0
    assert attempts(folder) == [None]
    assert any(text.endswith("end\n") for text in logs(folder).values())


def test_one_that_somebody_removes_has_failed(folder: Path, engine: str, run: Run) -> None:
    one = run()
    begun(one, folder)
    subprocess.run([engine, "rm", "--force", *containers(engine)], check=True, capture_output=True)
    assert one.wait(120) == 1
    assert attempts(folder) == ["Error"]


def test_ctrl_c_waits_for_what_runs_and_the_next_run_goes_on(folder: Path, engine: str, run: Run) -> None:
    first = run()
    begun(first, folder)
    press(first, CANCELS)
    assert len(containers(engine)) == 1
    let_go(folder)
    told = first.communicate(timeout=120)[0].decode()
    assert first.returncode == 130
    assert "the same command goes on from here" in told
    assert containers(engine) == []
    assert run().wait(120) == 0
    assert sum(text.startswith("begin\nend\n") for text in logs(folder).values()) == 1
    assert attempts(folder) == [None]


def test_ctrl_c_twice_cancels(folder: Path, engine: str, run: Run) -> None:
    first = run()
    begun(first, folder)
    press(first, CANCELS)
    press(first, ENDS)
    assert first.wait(120) == 2
    assert containers(engine) == []
    again = run()
    begun(again, folder)
    let_go(folder)
    assert again.wait(120) == 0


def test_ctrl_c_three_times_ends_all_at_once(folder: Path, engine: str, run: Run) -> None:
    manifest = folder / "p.yaml"
    manifest.write_text(manifest.read_text().replace("exit 143", ""))  # it is deaf to the second
    first = run()
    begun(first, folder)
    press(first, CANCELS)
    press(first, ENDS)
    press(first)
    assert first.wait(60) == 130
    assert containers(engine) == []
    none_left()
