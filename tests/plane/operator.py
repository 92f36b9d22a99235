"""The operator as a process of the test's: started, ended without a goodbye, stopped and continued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from tests.cluster.commands import tail
from tests.cluster.paths import CHECKOUT, made
from tests.cluster.processes import end
from tests.plane.usage import Process

SETTINGS = {"leaderElection": False, "logFormat": "text"}


class Running(Protocol):
    """A process that was started, as subprocess has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...

    def kill(self) -> None: ...

    def send_signal(self, number: int, /) -> None: ...


Launch = Callable[[Sequence[str], Mapping[str, str], Path, Path], Running]
"""Starts an operator: arguments, environment, log, working directory."""


def launch(argv: Sequence[str], env: Mapping[str, str], log: Path, folder: Path) -> Running:
    """The operator as its image starts it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "penstock.shell", *argv],
            env={**env, "PYTHONPATH": str(CHECKOUT / "operator")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
        )


@dataclass
class Operator:
    """One process at a time; its log, a file in `folder`, goes on through all of them.

    `folder` is also where its settings are written. Ports are those of probes and scrapes, on loopback.
    """

    folder: Path
    kubeconfig: Path
    health_port: int
    metrics_port: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = "operator"
    launch: Launch = launch
    _process: Running | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def process(self) -> Process:
        """What it uses."""
        assert self._process is not None
        return Process(self._process.pid)

    def start(self) -> None:
        """Start it; it works within a second or two."""
        made(self.folder)
        settings = self.folder / f"{self.name}.settings.yaml"
        settings.write_text(yaml.safe_dump({**SETTINGS, **self.settings}))
        ports = [f"--health-port={self.health_port}", f"--metrics-port={self.metrics_port}"]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig), **self.environment}
        argv = ["--settings", str(settings), "--host=127.0.0.1", *ports]
        self._process = self.launch(argv, environment, self.log, self.folder)

    def ended(self) -> int | None:
        """Its exit code (minus the signal that ended it); None while it runs."""
        return self._process.poll() if self._process else 0

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if process := self._process:  # another may be started in its place at once
            process.kill()
            process.wait()

    def pause(self) -> None:
        """SIGSTOP: it stands still, and does not know."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def stop(self, seconds: float = 5) -> None:
        """SIGTERM, and SIGKILL when it has not ended after `seconds`."""
        process = self._process  # another may be started in its place at once
        if process and process.poll() is None:
            self.resume()
            end(process.pid, seconds)
            process.wait()

    def tail(self) -> str:
        """The end of its log."""
        return tail(self.log)
