"""What the command of an engine is told, and what it says."""

import asyncio
import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from penstock.cluster.failure import TIMED_OUT

ANSWER_SECONDS = 30.0
"""In which an engine answers, or ends a container that it was asked to end. One that does not is as good as none."""


async def said(
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
            words, _ = await process.communicate()
    except TimeoutError:
        end(process)
        await process.wait()
        return TIMED_OUT, f"{command[0]} has not answered within {seconds:g} s"
    return process.returncode or 0, words.decode(errors="replace")


def gone(words: str) -> bool:
    """Whether this is what both engines say of a container that there is not, beside what they call it.

    More than "no such": of a socket that there is not, and so of a service that is down, Docker 29 says "no such file".
    """
    return re.search(r"\bno such (container|object)\b", words, re.IGNORECASE) is not None


def end(process: asyncio.subprocess.Process) -> None:
    """Ends a command that may have ended, with all that it has started."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
