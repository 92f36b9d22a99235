"""Which cluster is chosen, from the environment and what answers."""

from pathlib import Path

import pytest
from tests.cluster import choice, engines
from tests.cluster.given import GivenCluster
from tests.cluster.kind import KindCluster
from tests.cluster.local import LocalCluster


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENSTOCK_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("KUBECONFIG", raising=False)


@pytest.mark.parametrize(
    ("working", "expected"),
    [({"docker"}, KindCluster), ({"podman"}, KindCluster), (set(), LocalCluster)],
)
def test_an_engine_means_kind(monkeypatch: pytest.MonkeyPatch, working: set[str], expected: type) -> None:
    monkeypatch.setattr(choice, "answers", working.__contains__)
    assert isinstance(choice.cluster(), expected)


def test_a_given_kubeconfig_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(choice, "answers", lambda command: True)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "theirs"))
    assert choice.cluster() == GivenCluster(tmp_path / "theirs")


def test_our_own_kubeconfig_is_no_given_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "answers", lambda command: False)
    monkeypatch.setenv("KUBECONFIG", str(LocalCluster().kubeconfig))
    assert isinstance(choice.cluster(), LocalCluster)


def test_what_was_started_is_what_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "answers", lambda command: True)
    choice.remember(LocalCluster())
    assert isinstance(choice.cluster(), LocalCluster)
    choice.forget()
    assert isinstance(choice.cluster(), KindCluster)


def test_docker_comes_before_podman_before_buildah(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda command: f"/bin/{command}")
    for working, expected in (({"docker", "podman"}, "docker"), ({"podman"}, "podman"), (set(), "buildah")):
        monkeypatch.setattr(engines, "answers", working.__contains__)
        engines.engine.cache_clear()
        assert engines.engine().command == expected
    engines.engine.cache_clear()
