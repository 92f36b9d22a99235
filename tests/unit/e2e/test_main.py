"""The command that runs the acceptance cases: what takes minutes comes before the tests, which have a time limit."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from tests.cluster import binaries
from tests.e2e import __main__


def test_programs_that_tests_start_are_built_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr("sys.argv", ["e2e", "-k", "nothing"])
    monkeypatch.setattr(__main__.release, "bring_up", lambda: None)
    monkeypatch.setattr(__main__.release, "exclusive", nullcontext)
    monkeypatch.setattr(__main__.gpus, "advertise", lambda *_: None)
    monkeypatch.setattr(__main__.rights, "begin", lambda: None)
    monkeypatch.setattr(__main__.installed, "install", lambda: None)
    monkeypatch.setattr(__main__.binaries, "ensure", lambda *sources: done.extend(sources))
    monkeypatch.setattr(__main__, "pytest", lambda *_: done.append("tests") or 0)
    assert __main__.main() == 0
    assert done == [binaries.S3, "tests", "tests"]
