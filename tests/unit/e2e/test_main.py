"""The command that runs the acceptance cases: what takes minutes comes before the tests, which have a time limit."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from tests.cluster import binaries
from tests.e2e import __main__


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the command did, without a cluster."""
    found: list[object] = []
    monkeypatch.setattr(__main__.release, "bring_up", lambda: None)
    monkeypatch.setattr(__main__.release, "exclusive", nullcontext)
    monkeypatch.setattr(__main__.nodes, "offer", lambda *_: None)
    monkeypatch.setattr(__main__.rights, "begin", lambda: None)
    monkeypatch.setattr(__main__.rights, "report", lambda _: found.append("rights") or 0)
    monkeypatch.setattr(__main__.installed, "install", lambda: None)
    monkeypatch.setattr(__main__.binaries, "ensure", lambda *sources: found.extend(sources))
    monkeypatch.setattr(__main__, "pytest", lambda *words: found.append(words[:2]) or 0)
    return found


def test_programs_that_tests_start_are_built_before_them(done: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["e2e"])
    assert __main__.main() == 0
    assert done == [binaries.S3, ("-m", "not alone"), ("-m", "alone"), "rights"]


def test_those_with_a_mark_can_be_chosen(done: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["e2e", "-m", "kind or long", "-k", "one"])
    assert __main__.main() == 0
    assert done == [binaries.S3, ("-m", "not alone and (kind or long)"), ("-m", "alone and (kind or long)")]
