"""Long-running processes that outlive the command which started them; each is stopped by its recorded pid."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.commands import Argument, tail
from tests.cluster.paths import made
from tests.cluster.progress import ClusterError


@dataclass(frozen=True)
class Processes:
    """The processes of one state directory: ``run/NAME.json`` records each, ``logs/NAME.log`` is its output."""

    state: Path

    def log(self, name: str) -> Path:
        return made(self.state / "logs") / f"{name}.log"

    def start(self, name: str, argv: Sequence[Argument], env: Mapping[str, str] | None = None) -> None:
        """Start the process in a session of its own, unless it already runs."""
        if self.alive(name):
            return
        with self.log(name).open("a") as log:
            process = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.state,
                env={**os.environ, **(env or {})},
            )
        record = {"pid": process.pid, "began": _began(process.pid)}
        self._record(name).write_text(json.dumps(record))

    def alive(self, name: str) -> bool:
        """Whether the recorded process still runs; another one that got its number later does not count."""
        return self._pid(name) is not None

    def names(self) -> list[str]:
        """The recorded processes, running or not."""
        return sorted(file.stem for file in (self.state / "run").glob("*.json"))

    def require(self, *names: str) -> None:
        """Raise ClusterError, with the end of its log, if one of the processes has ended."""
        for name in names:
            if not self.alive(name):
                raise ClusterError(f"{name} has ended; the end of {self.log(name)}:\n{tail(self.log(name))}")

    def wait_for(self, name: str, ready: object, seconds: float = 300) -> None:
        """Wait until ``ready()`` is true; fail at once when the process ends before."""
        assert callable(ready)
        deadline = time.monotonic() + seconds
        while not ready():
            self.require(name)
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{name} was not ready after {seconds:.0f} s; the end of {self.log(name)}:\n{tail(self.log(name))}"
                )
            time.sleep(0.2)

    def stop(self, name: str, seconds: float = 10) -> None:
        """End the recorded process: SIGTERM, and SIGKILL when it has not ended after ``seconds``."""
        pid = self._pid(name)
        if pid is not None:
            end(pid, seconds)
        self._record(name).unlink(missing_ok=True)

    def _record(self, name: str) -> Path:
        return made(self.state / "run") / f"{name}.json"

    def _pid(self, name: str) -> int | None:
        try:
            record = json.loads(self._record(name).read_text())
        except (FileNotFoundError, ValueError):
            return None
        began = _began(record["pid"])
        return record["pid"] if began is not None and began == record["began"] else None


def end(pid: int, seconds: float = 10) -> None:
    """SIGTERM the process, then SIGKILL it if it has not ended after ``seconds``."""
    began = _began(pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            gone = began is None or _began(pid) != began
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # reaps it when it is our own child, so that nothing is left of it
            if gone:
                return
            time.sleep(0.05)


def with_argument(word: str) -> list[int]:
    """The pids of processes that have exactly this word on their command line, e.g. a socket of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if word.encode() in words:
                found.append(int(entry.name))
    return found


def _began(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None when it does not run (a zombie does not)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else after_name[19]
