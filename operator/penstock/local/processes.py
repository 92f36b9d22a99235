"""Steps as processes of this machine: each a session of its own, so that it is ended with all that it began.

A process waits for a word before it becomes the step's command, and ends if that never comes: it is on record under its
number before it does anything, so that whoever begins again after a crash can end what was left.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import penstock
from penstock.local.cgroups import Cgroup, cgroup, left
from penstock.local.ends import exit_code, reason
from penstock.local.environment import CannotStart
from penstock.local.folder import Folder
from penstock.local.work import Work

MARK = "penstock.dev/process"
"""Annotation of a pod: number of its process, and what tells it from another that gets the same number."""
_GATE = 'read -r go && exec "$@" </dev/null'
_OWN_PREFIXES = ("INPUT_", "OUTPUT_", "PENSTOCK_", "KUBERNETES_")
"""Variables of the machine that no step is to see."""
_CONTAINERS = "use --with podman or docker"
LAST = 5.0
"""Seconds in which the kernel ends a process that it was told to."""


class Processes:
    """Runs steps as processes in the project's folder, with the machine's variables in place of an image's."""

    contained = False

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    async def start(self, work: Work) -> "Process":
        """A process that waits for `go`. Raises CannotStart."""
        env = {**_machine(), **work.env}
        if "HOME" in os.environ and env.get("HOME") == "/tmp":  # noqa: S108 - what a container has if nothing else is said
            env["HOME"] = os.environ["HOME"]
        if work.gpus:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, work.devices))
        command = [*work.command, *work.args]
        if work.courier:
            command[0] = sys.executable
            env["PYTHONPATH"] = str(Path(penstock.__file__).parents[1])
        elif not work.command:
            raise CannotStart(f"it has no command or script, so only its image knows what to run: {_CONTAINERS}")
        program = shutil.which(command[0], path=env.get("PATH"))
        if program is None:
            raise CannotStart(f"there is no program {command[0]!r} on this machine: install it, or {_CONTAINERS}")
        with work.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                *("-c", _GATE, "penstock", program, *command[1:]),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=env,
                cwd=self._folder.project,
                start_new_session=True,
            )
        return Process(process)

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what is left of a pod with these annotations."""
        number, _, begun = marks.get(MARK, "").partition(" ")
        if number and _begun(int(number)) in (begun, ""):
            until = time.monotonic() + LAST
            while _signal(int(number), signal.SIGKILL) and time.monotonic() < until:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
            for group in left(int(number)):
                await _cleared(group)


class Process:
    """One process and what it began."""

    image = ""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._group: Cgroup | None = None
        self._ended = False
        self.marks = {MARK: f"{process.pid} {_begun(process.pid)}"}

    def go(self) -> None:
        """Lets it become the command."""
        assert self._process.stdin is not None
        self._group = cgroup(self._process.pid)
        with suppress(OSError):  # it was killed meanwhile
            self._process.stdin.write(b"go\n")
            self._process.stdin.close()

    async def wait(self) -> tuple[int, str]:
        """Its exit code, and the reason that kubelet gives for it; nothing that it began is left."""
        code = exit_code(await self._process.wait())
        self._ended = True
        _signal(self._process.pid, signal.SIGKILL)
        starved = False
        if self._group:
            starved = self._group.starved
            await _cleared(self._group)
        return code, reason(code, starved)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Asks it, and what it began, to end."""
        if not self._ended:
            _signal(self._process.pid, number)

    def kill(self) -> None:
        """Ends it, and what it began."""
        self.end(signal.SIGKILL)


async def _cleared(group: Cgroup) -> None:
    """Ends what is left in a group, and removes it."""
    until = time.monotonic() + LAST
    while not group.removed() and time.monotonic() < until:
        group.end()
        await asyncio.sleep(0.01)


def _machine() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(_OWN_PREFIXES)}


def _signal(group: int, number: int) -> bool:
    """Sends a signal to a process group; returns whether there is one."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's: the number was given anew
        return False
    return True


def _begun(process: int) -> str:
    """What tells a process from an earlier one of the same number: when it began. Empty if there is none."""
    with suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot[:8] + Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
