"""Whether `make test` runs something on kind beside what it runs on its cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cluster import room
from tests.engines import __main__ as containers
from tests.kind.__main__ import needless
from tests.unit.cluster.conftest import Programs


@pytest.fixture
def debian(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Root on a Debian for which there is a Podman to unpack."""
    monkeypatch.setattr(room.os, "geteuid", lambda: 0)
    monkeypatch.setattr(room.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    return programs


def test_beside_processes_it_does(debian: Programs) -> None:
    assert not needless()


def test_where_the_cluster_is_kind_all_of_it_runs_there_already(debian: Programs) -> None:
    debian.engine()
    assert needless() == "it is kind"


def test_who_names_a_cluster_gets_no_other(debian: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENSTOCK_CLUSTER", "processes")
    assert "asks for processes" in needless()
    monkeypatch.delenv("PENSTOCK_CLUSTER")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "theirs"))
    assert "KUBECONFIG" in needless()


def test_where_it_cannot_be_had_it_does_not(debian: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "noble"})
    assert "bookworm" in needless()
    monkeypatch.setattr(room.os, "geteuid", lambda: 1000)
    assert "root" in needless()


def test_steps_run_in_containers_where_there_is_an_engine_or_one_can_be_had(
    debian: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(room.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "noble"})
    monkeypatch.setattr(containers.sys, "argv", ["tests.engines"])
    assert containers.main() == 0
    said = "".join(capsys.readouterr())
    assert "no tests of steps in containers" in said
    assert "start one" in said
