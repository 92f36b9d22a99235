"""Row 17: `penstock run` on this machine, with steps as processes; and Pipelines in tests, in virtual time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from penstock.testing import Fake, run
from tests.bench import workloads
from tests.bench.figures import Figure
from tests.cluster.paths import CHECKOUT

LENGTH, WIDTH = 50, 300
STARTS = 5
"""Runs of the smallest Pipeline; the median counts, for whatever else the machine ends or reads goes by."""
HOUR = 3600.0


async def trial() -> list[Figure]:
    """Whole commands, each in a folder of its own, and what each step adds to the smallest."""
    return await asyncio.to_thread(_figures)


def _figures() -> list[Figure]:
    start = sorted(_command(workloads.chain(1)) for _ in range(STARTS))[STARTS // 2]
    chain = _each(start, _command(workloads.chain(LENGTH)), LENGTH)
    wide = _each(start, _command(workloads.independent(WIDTH)), WIDTH)
    return [
        Figure(17, "penstock run: one step, the whole command", start[0], "s", 1.0),
        Figure(17, "penstock run: one step, the whole command, CPU", start[1], "s"),
        Figure(17, f"penstock run: chain of {LENGTH}, each step", chain[0], "ms", 50),
        Figure(17, f"penstock run: chain of {LENGTH}, CPU of each step", chain[1], "ms"),
        Figure(17, f"penstock run: {WIDTH} independent steps, each", wide[0], "ms", 20),
        Figure(17, f"penstock run: {WIDTH} independent steps, CPU of each", wide[1], "ms"),
        Figure(17, f"penstock.testing: chain of {LENGTH} hours, CPU of each step", _tested() * 1000, "ms"),
    ]


def _each(start: tuple[float, float], whole: tuple[float, float], steps: int) -> tuple[float, float]:
    """Milliseconds that each further step adds."""
    wall, cpu = ((all_ - one) / (steps - 1) * 1000 for one, all_ in zip(start, whole, strict=True))
    return wall, cpu


def _command(steps: list[workloads.Object]) -> tuple[float, float]:
    """Seconds that `penstock run` takes, its start included, and those of processor time, its steps' included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.json"
        file.write_text(json.dumps(workloads.pipeline("local", steps)))
        words = [sys.executable, "-m", "penstock.cli", "run", str(file), "--with", "process"]
        began = time.monotonic()
        environment = {"PYTHONPATH": str(CHECKOUT / "operator"), "PATH": "/usr/bin:/bin", "HOME": folder}
        with (Path(folder) / "said").open("wb") as said:
            command = subprocess.Popen(words, cwd=folder, env=environment, stdout=said, stderr=said)
            _, status, used = os.wait4(command.pid, 0)  # of this one: others of the bench may end meanwhile
        command.returncode = os.waitstatus_to_exitcode(status)
        assert command.returncode == 0, (Path(folder) / "said").read_text()
        return time.monotonic() - began, used.ru_utime + used.ru_stime


def _tested() -> float:
    made = workloads.pipeline("tested", workloads.chain(LENGTH))
    run(workloads.pipeline("first", workloads.chain(1)), replace={"*": None})  # imports
    began = time.process_time()
    result = run(made, replace={"*": Fake(seconds=HOUR)})
    took = time.process_time() - began
    assert result.seconds >= LENGTH * HOUR, result
    return took / LENGTH
