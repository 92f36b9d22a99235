"""Who is ended for want of memory is told by a control group of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from penstock.local.cgroups import Cgroup, cgroup
from penstock.local.folder import Folder
from penstock.local.processes import MARK, Processes
from tests.local.project import Project, pipeline, step

HUNGRY = "b = bytearray(200_000_000); print(len(b))"


def made() -> bool:
    """Whether a group can be made here."""
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        found = cgroup(sleeper.pid)
    finally:
        sleeper.kill()
        sleeper.wait()
    while found and not found.removed():
        time.sleep(0.02)
    return found is not None


needs_a_group = pytest.mark.skipif(not made(), reason="no control group can be made here")


def limit(group: Cgroup, amount: int) -> None:
    """Gives it little memory."""
    name = "memory.max" if (group.path / "memory.max").exists() else "memory.limit_in_bytes"
    (group.path / name).write_text(str(amount))
    swap = group.path / "memory.swap.max"
    if swap.exists():
        swap.write_text("0")


@needs_a_group
def test_a_process_that_is_ended_for_memory_is_told_from_one_that_is_killed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(process: int) -> Cgroup | None:
        found = cgroup(process)
        assert found is not None
        limit(found, 48 << 20)
        return found

    monkeypatch.setattr("penstock.local.processes.cgroup", small)
    steps = [
        step("hungry", f'exec python3 -c "{HUNGRY}"'),
        step("child", f'python3 -c "{HUNGRY}"; code=$?; exit $code'),
        step("killed", "kill -9 $$"),
        step("well"),
    ]
    assert project.run(pipeline(*steps, onFailure="Continue")) == 1
    reasons = {name: project.step(name).get("reason") for name in ("hungry", "child", "killed")}
    assert reasons == {"hungry": "OOMKilled", "child": "OOMKilled", "killed": "Error"}
    assert project.step("killed")["attempts"][0]["exitCode"] == 128 + signal.SIGKILL
    assert project.phases()["well"] == "Succeeded"


@needs_a_group
def test_no_group_is_left(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = []

    def kept(process: int) -> Cgroup | None:
        groups.append(cgroup(process))
        return groups[-1]

    monkeypatch.setattr("penstock.local.processes.cgroup", kept)
    away = "setsid sleep 300 & echo $! > away"
    assert project.run(pipeline(step("a"), step("b", f"sleep 300 & {away}; exit 1"))) == 1
    assert [one.path.exists() for one in groups if one] == [False, False]
    stat = Path(f"/proc/{project.lines('away')[0]}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z", "it ends with its step"


@needs_a_group
async def test_what_a_crash_has_left_in_a_group_is_ended_with_it(project: Project) -> None:
    words = ("sh", "-c", "read go; setsid sleep 300 & exit")
    process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.PIPE)
    group = cgroup(process.pid)
    assert group is not None
    await process.communicate(b"go\n")
    assert group.path.exists()
    await Processes(Folder(project.path)).end_left({MARK: f"{process.pid} 0"})
    assert not group.path.exists()


def test_without_a_group_an_end_by_kill_is_no_more_than_that(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.local.processes.cgroup", lambda process: None)
    assert project.run(pipeline(step("a", "kill -9 $$"))) == 1
    assert project.step("a")["reason"] == "Error"


def version_2(root: Path, **limits: str) -> Path:
    """A tree of version 2 with our own group in it; what the kernel would make of a new folder is left out."""
    own = root / "user.slice/app.slice/shell.scope"
    own.mkdir(parents=True)
    for name, value in limits.items():
        (own / name.replace("_", ".")).write_text(f"{value}\n")
    (root / "self").write_text("0::/user.slice/app.slice/shell.scope\n")
    return own


def test_in_version_2_it_is_beside_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = version_2(tmp_path, memory_max="max", cpu_max="max 100000")
    make = Path.mkdir

    def mkdir(path: Path) -> None:
        make(path)
        (path / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    found = cgroup(7, tmp_path, tmp_path / "self")
    assert found is not None
    assert found.path == own.parent / "penstock-7"
    assert (found.path / "cgroup.procs").read_text() == "7\n"
    assert found.starved


@pytest.mark.parametrize("limits", [{"memory_max": "1000000"}, {"cpu_max": "50000 100000"}, {}])
def test_none_is_made_where_it_would_leave_a_limit_or_count_nothing(tmp_path: Path, limits: dict[str, str]) -> None:
    own = version_2(tmp_path, **limits)
    assert cgroup(7, tmp_path, tmp_path / "self") is None
    assert [path.name for path in own.parent.iterdir()] == ["shell.scope"]
    assert cgroup(os.getpid(), tmp_path, tmp_path / "away") is None
