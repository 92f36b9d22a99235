"""A gate holds what asks it until it is open."""

from __future__ import annotations

import subprocess

import pytest
from tests.cluster import reachable
from tests.e2e.gates import serving


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "host", lambda: "127.0.0.1")


def test_what_is_held_goes_on_once_it_is_open_and_nothing_is_held_then() -> None:
    with serving() as gate:
        words = ["sh", "-c", f"{gate.held} && echo through"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as held:
            with pytest.raises(subprocess.TimeoutExpired):
                held.wait(0.5)
            gate.open()
            assert held.communicate()[0] == "through\n"
        assert subprocess.run(words, capture_output=True, text=True).stdout == "through\n"


def test_what_is_held_ends_when_it_is_told_to() -> None:
    with (
        serving() as gate,
        subprocess.Popen(["sh", "-c", f"echo here; {gate.held}; echo on"], stdout=subprocess.PIPE) as held,
    ):
        assert held.stdout is not None
        assert held.stdout.readline() == b"here\n"
        held.terminate()
        assert held.wait() != 0
        gate.open()
        assert held.stdout.read() == b""
