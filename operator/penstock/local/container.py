"""One container of an engine, from its beginning to its end."""

import asyncio
import re
from collections.abc import Coroutine
from typing import IO, Any

from penstock.local import engines
from penstock.local.ends import exit_code, reason
from penstock.local.work import Work

MARK = "penstock.dev/container"
"""Annotation of a pod: the engine and the name of its container."""
FORM = "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.StartedAt}} {{.Image}}"
AGAIN_SECONDS = 0.5
"""Between two commands that wait for the same container."""


class Container:
    """One that was made, by a command with this name."""

    def __init__(self, engine: str, name: str, work: Work) -> None:
        self._engine = engine
        self._name = name
        self._work = work
        self._process: asyncio.Task[tuple[int, str]] | None = None
        self._command: asyncio.subprocess.Process | None = None
        """Of the engine, which waits for the container."""
        self._starved = work.log.with_name("oom")
        """Where conmon 2.1.6 notes a lack of memory: beside the log, where it was begun; Podman 4.3 looks elsewhere."""
        self._given_up = False
        self._asked: set[asyncio.Task[None]] = set()
        self.marks = {MARK: f"{engine} {name}"}
        self.image = ""

    def go(self) -> None:
        """Begins it."""
        self._process = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> tuple[int, str]:
        """The exit code of the command that waited for it, and what the engine says of it."""
        with self._work.log.open("wb") as log:
            code = await self._followed(log, "start", "--attach")
            while (said := await self._state()).startswith("true ") and not self._given_up:
                await asyncio.sleep(AGAIN_SECONDS)  # only the command has ended: it was killed, or its service restarts
                log.seek(0)
                log.truncate()
                await self._followed(log, "logs", "--follow")
                code = code or 128  # if the container is gone by then, nobody knows how it ended
        return code, said

    async def _followed(self, log: IO[bytes], *words: str) -> int:
        """The exit code of a command that waits for the container and writes down what it writes."""
        self._command = await asyncio.create_subprocess_exec(
            *(self._engine, *words, self._name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._starved.parent,
            start_new_session=True,
        )
        return exit_code(await self._command.wait())

    async def wait(self) -> tuple[int, str]:
        """Its exit code and reason; it is removed."""
        code, said = await self._process if self._process else (0, "")
        await asyncio.gather(*self._asked)
        await self._tell("rm", "--force")
        found = re.match(r"\w+ (\d+) (true|false) (\d{4})(?:.* (?:sha256:)?([0-9a-f]{64}))?", said)
        if found is None:  # somebody removed it; or its engine has gone, and nobody knows how it ended
            code = code or (0 if engines.gone(said) else 128)
            return code, reason(code)
        if found[3] == "0001":  # Go's zero: it never began, and the engine's command said why
            return code or 128, "ContainerCannotRun"
        self.image = f"sha256:{found[4]}" if found[4] else ""
        code = int(found[1])
        return code, reason(code, starved=found[2] == "true" or self._starved.exists())

    def end(self) -> None:
        """Asks it to end."""
        self._ask(self._tell("kill", "--signal", "TERM"))

    def kill(self) -> None:
        """Ends it; if its engine does not answer, it is no longer waited for."""
        self._ask(self._killed())

    async def _killed(self) -> None:
        await self._tell("kill")
        if self._process:
            await asyncio.wait({self._process}, timeout=engines.ANSWER_SECONDS)
        self._given_up = True
        if self._command:
            engines.end(self._command)

    async def _state(self) -> str:
        """What the engine says of it. A service that is down may be about to start anew, and has left it running."""
        now = asyncio.get_running_loop().time
        until = now() + engines.ANSWER_SECONDS
        while True:
            code, said = await engines.said([self._engine, "inspect", "--format", FORM, self._name])
            if not code or engines.gone(said) or self._given_up or now() >= until:
                return said
            await asyncio.sleep(AGAIN_SECONDS)

    async def _tell(self, *words: str) -> None:
        await engines.said([self._engine, *words, self._name])

    def _ask(self, question: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(question)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
