"""A project's folder in which Pipelines are run, once or again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.cli.running import Run
from penstock.courier.measure import message
from penstock.local.environment import Sources
from penstock.local.folder import Folder
from penstock.local.objects import Object
from penstock.local.processes import Processes
from penstock.local.runner import Executor
from penstock.local.session import Session

CHECKOUT = Path(__file__).parents[2]
ROOM = {"cpu": "4", "memory": "4Gi", "pods": "16", "ephemeral-storage": "10Gi"}
PATIENCE = 120.0
"""Seconds that anything may take. Nothing is judged by them: only what fails waits so long."""

CANCELS, ENDS = b"Ctrl-C again cancels", b"Ctrl-C again ends all"
"""What `penstock run` says to the first Ctrl-C, and to the second."""


def pipeline(*steps: Object, name: str = "p", **spec: Any) -> Object:
    """A Pipeline of these steps."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"defaults": {"image": "i"}, **spec, "steps": list(steps)},
    }


def step(name: str, script: str = "true", **fields: Any) -> Object:
    """A step that runs a script."""
    return {"name": name, "script": script, **fields}


def penstock(path: Path, *words: str, by: str = "process") -> subprocess.Popen[bytes]:
    """The command, in a folder and in a process group, as a shell starts it. `by`: what steps run as."""
    how = ("--with", by) if words[0] == "run" else ()
    command = [sys.executable, "-m", "penstock.cli", *words, *how]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=path, env=_environment(), stdout=pipe, stderr=subprocess.STDOUT, process_group=0
    )


def press(run: subprocess.Popen[bytes], until_it_says: bytes = b"") -> None:
    """As a terminal does: the signal goes to all processes of the group. Two at once would count as one."""
    os.killpg(run.pid, signal.SIGINT)
    assert run.stdout
    assert not until_it_says or any(until_it_says in line for line in run.stdout)


def killed_unrecorded(path: Path, by: str = "process") -> None:
    """`penstock run p.yaml` that is killed between the making of what a step runs as and the word for it to begin."""
    code = (
        "import os, signal\n"
        "from penstock.local.runner import Runner\n"
        "Runner._told = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from penstock.cli.app import build\n"
        f"build()(['run', 'p.yaml', '--with', {by!r}])\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=path, env=_environment(), check=False, timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL


def until(holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT / "operator")}


class Silent:
    """A display that nobody looks at."""

    def show(self, standing: object, now: float) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Project:
    """The folder, and what the last run in it left. `during` is called with the session whenever something changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sources = Sources()
        self.executor: Callable[[Folder], Executor] = Processes
        self.objects: dict[tuple[str, str, str], Object] = {}

    def run(
        self, *manifests: Object, during: Callable[[Session], None] | None = None, fresh: bool = False, **room: str
    ) -> int:
        """Runs the last of the manifests, the others being what it refers to; returns the exit code."""
        with Folder(self.path) as folder:
            return asyncio.run(self._run(folder, manifests, during, fresh, {**ROOM, **room}))

    async def _run(
        self,
        folder: Folder,
        manifests: tuple[Object, ...],
        during: Callable[[Session], None] | None,
        fresh: bool,
        room: dict[str, str],
    ) -> int:
        async with asyncio.timeout(PATIENCE), self._session(folder, room) as session:
            for one in manifests:
                session.apply(one, fresh=fresh)
            run = Run(session, "default", manifests[-1]["metadata"]["name"])
            if during:
                session.server.listeners.append(
                    lambda *_: asyncio.get_running_loop().call_soon(during, session)  # once what changed is known
                )
            await session.start()
            try:
                code = await run.follow(Silent())  # type: ignore[arg-type]
                await session.settle()
            finally:
                self.objects = dict(session.server.objects)
            return code

    def _session(self, folder: Folder, room: dict[str, str]) -> Session:
        return Session(folder, self.executor(folder), room, self.sources, measure=message)

    def get(self, plural: str, name: str) -> Object:
        """An object as it was at the end of the last run."""
        return self.objects[plural, "default", name]

    @property
    def status(self) -> Object:
        """The status of the Pipeline p."""
        found: Object = self.get("pipelines", "p")["status"]
        return found

    def step(self, path: str, name: str = "p") -> Object:
        """The status of a Step."""
        found: Object = self.get("steps", f"{name}.{path}")["status"]
        return found

    def phases(self) -> dict[str, str]:
        """The phases of all Steps, by path."""
        steps = {name: obj for (plural, _, name), obj in self.objects.items() if plural == "steps"}
        return {name.partition(".")[2]: obj["status"]["phase"] for name, obj in steps.items()}

    def lines(self, name: str) -> list[str]:
        """The lines of a file in the folder; none if it is not there."""
        file = self.path / name
        return file.read_text().splitlines() if file.exists() else []
