"""Processes outlive their starter and are stopped by their recorded pid, never by another one's."""

import json
from pathlib import Path

import pytest
from tests.cluster.processes import Processes, with_argument
from tests.cluster.progress import ClusterError


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path)


def pid(processes: Processes, name: str) -> int:
    return int(json.loads((processes.state / "run" / f"{name}.json").read_text())["pid"])


def test_started_once_and_stopped(processes: Processes) -> None:
    processes.start("sleeper", ["sleep", "3600"])
    first = pid(processes, "sleeper")
    processes.start("sleeper", ["sleep", "3600"])
    assert pid(processes, "sleeper") == first
    assert processes.names() == ["sleeper"]
    processes.stop("sleeper")
    assert not processes.alive("sleeper")
    assert processes.names() == []
    assert not Path(f"/proc/{first}").exists()


def test_one_that_ignores_sigterm_is_killed(processes: Processes) -> None:
    processes.start("stubborn", ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    processes.wait_for("stubborn", lambda: "ready" in processes.log("stubborn").read_text())
    processes.stop("stubborn", seconds=0.3)
    assert not processes.alive("stubborn")


def test_another_process_with_its_number_is_left_alone(processes: Processes) -> None:
    processes.start("sleeper", ["sleep", "3600"])
    record = processes.state / "run" / "sleeper.json"
    kept = record.read_text()
    record.write_text(json.dumps({**json.loads(kept), "began": "1"}))
    assert not processes.alive("sleeper")
    processes.stop("sleeper")
    record.write_text(kept)
    assert processes.alive("sleeper")
    processes.stop("sleeper")


def test_a_process_that_ends_is_reported_with_its_log(processes: Processes) -> None:
    processes.start("broken", ["sh", "-c", "echo no such flag >&2; exit 2"])
    with pytest.raises(ClusterError, match="no such flag"):
        processes.wait_for("broken", lambda: False)


def test_found_by_an_argument_of_its_own(processes: Processes, tmp_path: Path) -> None:
    mark = str(tmp_path / "socket")
    Path(mark).touch()
    processes.start("marked", ["tail", "-f", mark])
    # Until it has become tail, the new process has its parent's arguments.
    processes.wait_for("marked", lambda: with_argument(mark) == [pid(processes, "marked")])
    processes.stop("marked")
