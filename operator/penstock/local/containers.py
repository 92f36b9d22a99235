"""Steps as containers of Podman or Docker, in their images and with their mounts where the manifest says.

A container is made, put on record by its name, and only then begun. It runs as whoever types the command, so that what
it writes is theirs; it has no capabilities and gains no privileges.
"""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from penstock.api import quantities
from penstock.cluster.failure import TIMED_OUT, Failure
from penstock.local.environment import CannotStart
from penstock.local.work import Work

MARK = "penstock.dev/container"
"""Annotation of a pod: the engine and the name of its container."""
ANSWER_SECONDS = 30.0
"""In which an engine answers, or ends a container that it was asked to end. One that does not is as good as none."""
PULL_SECONDS = 3600.0
"""In which it makes a container, whose image may have to be pulled first."""
_PULL = {"Always": "always", "Never": "never", "IfNotPresent": "missing"}
_ENGINES_OWN = (
    "HOME",
    "PATH",
    "USER",
    "TMPDIR",
    "DOCKER_",
    "CONTAINER",
    "PODMAN",
    "XDG_",
    "LD_",
    "SSL_",
    "HTTP",
    "NO_PROXY",
)
"""Variables that the engine's command reads itself: they are given to it by value, the others by name alone."""


class Containers:
    """Runs steps by the command of an engine, which is `podman` or `docker`."""

    contained = True

    def __init__(self, engine: str) -> None:
        self.engine = engine

    async def works(self) -> bool:
        """Whether there is such an engine, and it answers."""
        if shutil.which(self.engine) is None:
            return False
        code, _ = await _said(
            [self.engine, "info", "--format", "{{.ID}}" if self.engine == "docker" else "{{.Host.OS}}"]
        )
        return code == 0

    async def start(self, work: Work) -> "Container":
        """A container that is made and has not begun. Raises CannotStart with what the engine says."""
        if not work.image:
            raise CannotStart("it names no image")
        name = f"penstock-{work.name}"
        work.outputs.chmod(0o666)
        given = {key: value for key, value in work.env.items() if not key.upper().startswith(_ENGINES_OWN)}
        command = [self.engine, "create", "--name", name, *self._options(work, given), work.image]
        command += [*work.command[1:], *work.args]
        code, said = await _said(command, given, PULL_SECONDS)
        if code and "already in use" in said:  # a crash has left it, which had not begun
            await _said([self.engine, "rm", "--force", name])
            code, said = await _said(command, given, PULL_SECONDS)
        if code:
            raise CannotStart(f"{self.engine} cannot make it of image {work.image}: {' '.join(said.split())[-500:]}")
        return Container(self.engine, name, work)

    def _options(self, work: Work, given: Mapping[str, str]) -> list[str]:
        found = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        found += ["--pull", _PULL[work.pull]]
        if self.engine == "podman":
            found += ["--userns", "keep-id"] if os.getuid() else []
        found += ["--user", f"{os.getuid()}:{os.getgid()}"]
        for key, value in work.env.items():
            found += ["--env", key if key in given else f"{key}={value}"]
        for place in work.places:
            found += ["--volume", f"{place.outside}:{place.inside}{':ro' if place.read_only else ''}"]
        if work.cwd:
            found += ["--workdir", work.cwd]
        if work.command:
            # To both engines an entry point is one word; the rest of the command goes before the arguments.
            found += ["--entrypoint", work.command[0]]
        if memory := work.limits.get("memory"):
            found += ["--memory", str(quantities.parse(memory) // quantities.MILLI)]
        if cpu := work.limits.get("cpu"):
            found += ["--cpus", str(quantities.parse(cpu) / quantities.MILLI)]
        if work.devices:
            found += self._devices(work.devices)
        return found

    def _devices(self, numbers: Sequence[int]) -> list[str]:
        if self.engine == "docker":
            return ["--gpus", '"device=' + ",".join(map(str, numbers)) + '"']
        return [word for number in numbers for word in ("--device", f"nvidia.com/gpu={number}")]

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what is left of a pod with these annotations, whichever engine it was of.

        Raises Failure if that engine does not answer: what may still run must not run twice.
        """
        engine, _, name = marks.get(MARK, "").partition(" ")
        if name and shutil.which(engine):
            code, said = await _said([engine, "rm", "--force", name])
            if code == TIMED_OUT:
                raise Failure(f"{said}, and container {name} of an earlier run may still run; see `{engine} info`")


class Container:
    """One container."""

    def __init__(self, engine: str, name: str, work: Work) -> None:
        self._engine = engine
        self._name = name
        self._work = work
        self._process: asyncio.Task[int] | None = None
        self._command: asyncio.subprocess.Process | None = None
        """Of the engine, which waits for the container."""
        self._asked: set[asyncio.Task[None]] = set()
        self.marks = {MARK: f"{engine} {name}"}
        self.image = ""

    def go(self) -> None:
        """Begins it."""
        self._process = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> int:
        with self._work.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(self._engine, "start", "--attach", self._name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self._command = process
            code = await process.wait()
            return code if code >= 0 else 128 - code

    async def wait(self) -> tuple[int, str]:
        """Its exit code and reason; it is removed."""
        code = await self._process if self._process else 0
        form = "{{.State.ExitCode}} {{.State.OOMKilled}} {{.State.StartedAt}} {{.Image}}"
        _, said = await _said([self._engine, "inspect", "--format", form, self._name])
        await asyncio.gather(*self._asked)
        await _said([self._engine, "rm", "--force", self._name])
        found = re.match(r"(\d+) (true|false) (\d{4})(?:.* (?:sha256:)?([0-9a-f]{64}))?", said)
        if found is None:  # somebody removed it
            return code, "Error" if code else "Completed"
        if found[3] == "0001":  # Go's zero: it never began, and the engine's command said why
            return code or 128, "ContainerCannotRun"
        self.image = f"sha256:{found[4]}" if found[4] else ""
        code = int(found[1])
        return code, "OOMKilled" if code and found[2] == "true" else "Error" if code else "Completed"

    def end(self) -> None:
        """Asks it to end."""
        self._ask(self._told("--signal", "TERM"))

    def kill(self) -> None:
        """Ends it; if its engine does not answer, it is no longer waited for."""
        self._ask(self._killed())

    async def _killed(self) -> None:
        await self._told()
        if self._process:
            await asyncio.wait({self._process}, timeout=ANSWER_SECONDS)
        if self._command:
            _end(self._command)

    async def _told(self, *words: str) -> None:
        await _said([self._engine, "kill", *words, self._name])

    def _ask(self, question: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(question)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)


async def _said(
    command: Sequence[str], env: Mapping[str, str] | None = None, seconds: float | None = None
) -> tuple[int, str]:
    """The exit code of a command, and what it said; TIMED_OUT if that took too long (ANSWER_SECONDS if not given)."""
    seconds = ANSWER_SECONDS if seconds is None else seconds
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    except OSError as error:
        return 127, str(error)
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError:
        _end(process)
        await process.wait()
        return TIMED_OUT, f"{command[0]} has not answered within {seconds:g} s"
    return process.returncode or 0, said.decode(errors="replace")


def _end(process: asyncio.subprocess.Process) -> None:
    """Ends a command that may have ended, with all that it has started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
