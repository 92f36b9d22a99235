"""The process: what it says when it cannot begin, and what it answers while it runs."""

from __future__ import annotations

import io
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from penstock.export import metrics
from penstock.export.__main__ import VARIABLE, asked, main
from penstock.export.serving import serving


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


def test_without_a_database_it_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        asked([])
    assert ended.value.code == 2
    assert f"Set {VARIABLE} to a URL such as sqlite:////data/history.db" in capsys.readouterr().err


def test_the_variable_is_as_good_as_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite:///a.db")
    assert asked([]).database == "sqlite:///a.db"
    assert asked(["--database", "sqlite:///b.db"]).database == "sqlite:///b.db"


def test_what_is_wrong_is_a_sentence(free: int) -> None:
    errors = io.StringIO()
    assert main(["--database", "mysql://host/db", "--address", "127.0.0.1", "--port", str(free)], errors) == 1
    assert errors.getvalue().startswith("error: the database is mysql")


def test_it_answers_probes_and_scrapes(free: int) -> None:
    metrics.UNREADABLE.labels("step").inc(0)
    with serving("127.0.0.1", free):
        place = f"http://127.0.0.1:{free}"
        assert urllib.request.urlopen(f"{place}/healthz").read() == b"ok\n"
        assert b'penstock_export_unreadable_total{kind="step"}' in urllib.request.urlopen(f"{place}/metrics").read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{place}/")


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
