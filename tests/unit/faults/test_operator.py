"""The operator as a process of the test's, in whose place another may be started while it is being ended."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.plane.operator import Operator


class Replaced(subprocess.Popen[bytes]):
    """A process in whose place another is as soon as it gets a signal."""

    operator: Operator
    other: subprocess.Popen[bytes]

    def send_signal(self, sig: int) -> None:
        super().send_signal(sig)
        self.operator._process = self.other


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_who_ends_it_ends_and_awaits_no_other(tmp_path: Path, how: str) -> None:
    operator = Operator(tmp_path, tmp_path / "kubeconfig", 0, 0)
    with subprocess.Popen(["sleep", "600"]) as other:
        operator._process = first = Replaced(["sleep", "600"])
        first.operator, first.other = operator, other
        getattr(operator, how)()
        assert first.returncode is not None
        assert other.poll() is None
        other.kill()
