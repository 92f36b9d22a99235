"""Operators that are forked are processes as any: arguments, environment, log, signals, exit codes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.ground import free_ports
from tests.faults.nursery import CLOCK, Nursery


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    yield found
    found.close()


def test_wrong_settings_end_it_with_its_own_words(nursery: Nursery, tmp_path: Path) -> None:
    env = {**os.environ, "KUBECONFIG": str(tmp_path / "none")}
    child = nursery.fork(["--settings", str(tmp_path / "none.yaml")], env, tmp_path / "log", tmp_path)
    assert child.wait() == 2
    assert "give the file with --settings" in (tmp_path / "log").read_text()


def test_it_is_killed(nursery: Nursery, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("leaderElection: false")
    config = tmp_path / "kubeconfig"
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: x, contexts: [{name: x, context: {cluster: x, user: x}}],"
        " clusters: [{name: x, cluster: {server: 'http://127.0.0.1:1'}}], users: [{name: x, user: {token: t}}]}"
    )
    env = {**os.environ, "KUBECONFIG": str(config), CLOCK: str(tmp_path / "clock")}
    argv = ["--settings", str(settings), "--host=127.0.0.1", f"--health-port={free_ports(1)}", "--metrics-port=0"]
    child = nursery.fork(argv, env, tmp_path / "log", tmp_path)
    deadline = time.monotonic() + 60
    while "cannot be listed" not in (tmp_path / "log").read_text():
        assert time.monotonic() < deadline, "it says nothing of the cluster"
        time.sleep(0.05)
    assert child.poll() is None
    child.kill()
    assert child.wait() == -signal.SIGKILL
