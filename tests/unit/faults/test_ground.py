"""Runs beside each other take no ports from one another."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from tests.cluster.paths import CHECKOUT
from tests.faults.ground import PORTS, QUARTERS

ASK = "from tests.faults.ground import free_ports; print(*(free_ports(5) for _ in range(20)))"


def ask(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'operator'}"}
    return subprocess.run([sys.executable, "-c", ASK], env=env, cwd=CHECKOUT, capture_output=True, text=True)


def test_a_run_takes_the_ports_that_no_other_has(tmp_path: Path) -> None:
    others = [(tmp_path / f"penstock-faults-ports-{quarter}").open("w") for quarter in range(QUARTERS)]
    for file in others:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert "4 runs have all ports" in ask(tmp_path).stderr
    others[2].close()
    found = {int(word) for word in ask(tmp_path).stdout.split()}
    assert found
    assert found <= set(PORTS[2::QUARTERS])
