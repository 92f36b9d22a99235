"""Run a program to its end and turn its failure into one clear error."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tests.cluster import disks
from tests.cluster.progress import ClusterError

Argument = str | Path


def run(
    argv: Sequence[Argument],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    log: Path | None = None,
    into: Path | None = None,
) -> str:
    """Run ``argv`` with ``env`` added to the environment; return its standard output.

    With ``log`` everything the program prints is appended to that file and the result is empty; with ``into`` its
    standard output becomes that file.

    Raises:
        ClusterError: the program is not there, or ended with another code than 0.
    """
    words = [str(word) for word in argv]
    environment = {**os.environ, **(env or {})}
    with ExitStack() as files:
        output: int | IO[str] = subprocess.PIPE
        errors: int | IO[str] = subprocess.PIPE
        if log:
            output = errors = files.enter_context(log.open("a"))
            output.write(f"$ {' '.join(words)}\n")
            output.flush()
        if into:
            output = files.enter_context(into.open("w"))
        try:
            done = subprocess.run(words, env=environment, cwd=cwd, input=stdin, text=True, stdout=output, stderr=errors)
        except FileNotFoundError as error:
            raise ClusterError(f"{words[0]} is not installed (wanted for: {' '.join(words)})") from error
    if done.returncode:
        where = f"; all of it in {log}" if log else ""
        said = tail(log) if log else done.stderr or done.stdout or ""
        text = f"{' '.join(words)} ended with {done.returncode}{where}:\n{said.strip()[-3000:]}"
        raise ClusterError(text + disks.hint(said, into))
    return done.stdout or ""


def succeeds(argv: Sequence[Argument], seconds: float = 30) -> bool:
    """Whether the program exists and ends with 0 within ``seconds``; its output is dropped."""
    words = [str(word) for word in argv]
    try:
        return subprocess.run(words, capture_output=True, timeout=seconds).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file; empty if there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
